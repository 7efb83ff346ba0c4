import type { VulnerabilityFinding } from './finding.ts';
import type { Digest, Image } from './image.ts';

/** A file of a package archive, as a verified index describes it. */
export interface PackageArchive {
  /** Where it is fetched. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Hexadecimal; absent where the index names no such sum and the file has not been fetched yet. */
  readonly sha256?: string;
  /** Of an `.apk`: `Q1` and the SHA-1 of its control part, in base64. */
  readonly identity?: string;
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

/** What is said of a replaced package, whoever replaced it. */
export type NamedUpdate = Pick<PackageUpdate, 'name' | 'architecture' | 'from' | 'to' | 'fixes'> & {
  readonly type: 'deb' | 'apk' | 'rpm';
};

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

/**
 * How much is known of what leaving out a package's scripts means: it has none that would do anything (`none`), they are
 * known and have nothing to do here (`known-scripts`), what they do is done in another way (`emulated`), a file of the
 * user's is kept where the package brings another (`config-touched`), nobody has read them (`unknown-script`), or they
 * have something to do that is not done (`refused`).
 */
export type PatchRisk =
  'none' | 'known-scripts' | 'emulated' | 'config-touched' | 'unknown-script' | 'refused';

export interface PackageRisk {
  readonly name: string;
  readonly architecture: string;
  readonly risk: PatchRisk;
  /** For people: what the scripts do, which file is kept, why it is refused. */
  readonly detail?: string;
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
  /** Of every package that was judged, replaced or not; absent where nothing was. */
  readonly risks?: readonly PackageRisk[];
  readonly layer?: { readonly digest: Digest; readonly diffId: Digest; readonly sizeBytes: number };
}
