import type { VulnerabilityFinding } from './finding.ts';
import type { Digest, Image } from './image.ts';

/** A file of a package archive, as a verified index describes it. */
export interface PackageArchive {
  /** Where it is fetched. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** One installed package that is replaced by a newer one. */
export interface PackageUpdate {
  readonly type: 'deb' | 'apk';
  readonly name: string;
  readonly architecture: string;
  readonly from: string;
  readonly to: string;
  /** All installed packages of one source are updated together or not at all. */
  readonly source: { readonly name: string; readonly from: string; readonly to: string };
  /** Ids of vulnerabilities, sorted. */
  readonly fixes: readonly string[];
  readonly archive: PackageArchive;
}

/** Why a finding stays. */
export type UnfixedReason =
  | 'no-fix'
  | 'not-in-sources'
  | 'new-dependency-required'
  | 'held'
  | 'conflict'
  | 'unsafe-maintainer-script'
  | 'not-a-system-package'
  | 'not-selected';

export interface UnfixedFinding {
  readonly finding: VulnerabilityFinding;
  readonly reason: UnfixedReason;
  /** For people: which version is missing, which package, which script. */
  readonly detail: string;
}

/** A signed index that the plan rests on. */
export interface UsedIndex {
  readonly origin: string;
  readonly suite: string;
  readonly codename: string;
  /** RFC 3339. */
  readonly date: string;
  /** Of the signed file, hexadecimal. */
  readonly sha256: string;
  readonly url: string;
}

export interface PatchPlan {
  readonly image: Image;
  readonly updates: readonly PackageUpdate[];
  readonly unfixed: readonly UnfixedFinding[];
  readonly indexes: readonly UsedIndex[];
  /** What is worth saying: a held package, a suite that could not be used. */
  readonly notes: readonly string[];
}

/** What an engine made of a plan. */
export interface PatchOutcome {
  readonly applied: readonly PackageUpdate[];
  /** Updates that the engine would not do, by source. */
  readonly refused: readonly {
    readonly source: string;
    readonly reason: UnfixedReason;
    readonly detail: string;
  }[];
  /** Files of the user's that were kept, caches that were dropped, owners that were carried over. */
  readonly notes: readonly string[];
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest; readonly sizeBytes: number };
}
