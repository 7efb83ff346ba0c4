import { eachTerm, parseAlternatives } from './constraints.ts';
import {
  compareDotted,
  comparePrereleases,
  dottedPredicate,
  parseDotted,
  type DottedVersion,
} from './dotted.ts';
import type { VersionScheme } from './scheme.ts';

/** The version of the application, and how often Bitnami has packed it anew. */
export interface BitnamiVersion extends DottedVersion {
  /** Compared as identifiers of a pre-release are; empty where there is none. */
  readonly revision: readonly string[];
}

const NO_REVISION: readonly string[] = [];

/**
 * `1.2.3-4`: what begins with a digit behind the hyphen is the revision, which comes after the version itself. Words
 * (`1.2.3-rc1`) are the application's own pre-release.
 */
function parse(text: string): BitnamiVersion | undefined {
  const version = parseDotted(text);
  if (!version) return undefined;
  const { numbers, prerelease } = version;
  return /^[0-9]/.test(prerelease[0] ?? '')
    ? { numbers, prerelease: [], revision: prerelease }
    : { ...version, revision: NO_REVISION };
}

function compare(a: BitnamiVersion, b: BitnamiVersion): number {
  return compareDotted(a, b) || compareRevisions(a.revision, b.revision);
}

function compareRevisions(a: readonly string[], b: readonly string[]): number {
  return a.length === 0 || b.length === 0 ? a.length - b.length : comparePrereleases(a, b);
}

function compareDottedAs(a: DottedVersion, b: DottedVersion): number {
  return compare({ revision: NO_REVISION, ...a }, { revision: NO_REVISION, ...b });
}

export const bitnami: VersionScheme<BitnamiVersion> = {
  id: 'bitnami',
  parse,
  compare,
  parseConstraint: (text) =>
    parseAlternatives(
      text,
      eachTerm((term) => dottedPredicate(term, parse, compareDottedAs)),
    ),
};
