import { eachTerm, parseAlternatives } from './constraints.ts';
import { compareDotted, dottedPredicate, parseDotted, type DottedVersion } from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/**
 * Numbers with dots, any count of them, with pre-releases as in Semantic Versioning: Go modules, crates, and whatever
 * has no scheme of its own.
 */
export const generic: VersionScheme<DottedVersion> = {
  id: 'generic',
  parse: parseDotted,
  compare: compareDotted,
  parseConstraint: (text) =>
    parseAlternatives(
      text,
      eachTerm((term) => dottedPredicate(term, parseDotted, compareDotted)),
    ),
};
