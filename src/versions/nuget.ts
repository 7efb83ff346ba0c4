import { eachTerm, parseAlternatives } from './constraints.ts';
import { compareDotted, dottedPredicate, parseDotted, type DottedVersion } from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/** @see https://learn.microsoft.com/nuget/concepts/package-versioning: pre-releases are compared without case. */
function parse(text: string): DottedVersion | undefined {
  const version = parseDotted(text.toLowerCase());
  return version && version.numbers.length <= 4 ? version : undefined;
}

/** Semantic Versioning with up to four numbers. */
export const nuget: VersionScheme<DottedVersion> = {
  id: 'nuget',
  parse,
  compare: compareDotted,
  parseConstraint: (text) =>
    parseAlternatives(
      text,
      eachTerm((term) => dottedPredicate(term, parse, compareDotted)),
    ),
};
