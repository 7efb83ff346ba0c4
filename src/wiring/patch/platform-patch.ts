import type { Platform, Digest } from '../../model/image.ts';
import type {
  NamedUpdate,
  PackageRisk,
  PackageUpdate,
  PatchOutcome,
  UnfixedFinding,
  UsedIndex,
} from '../../model/patch.ts';
import type { PatchedImage } from '../../patch/image/patched-image.ts';
import type { Origin } from '../../patch/image/patch-marks.ts';
import type { PatchProof, PatchSubject } from '../../patch/patch-image.ts';
import type { Verdict } from '../../patch/verdict.ts';

/** An update, with what only the embedded engine knows of it. */
export type ToldUpdate = NamedUpdate & Partial<Pick<PackageUpdate, 'source' | 'archive'>>;

export type EngineName = 'embedded' | 'buildkit';

/** What became of one platform's image, whichever engine it was. */
export interface PlatformPatch {
  readonly engine: EngineName;
  readonly platform: Platform;
  readonly base: Origin;
  /** Vulnerabilities. */
  readonly found: number;
  readonly updates: readonly ToldUpdate[];
  readonly applied: readonly ToldUpdate[];
  readonly refused: PatchOutcome['refused'];
  readonly unfixed: readonly UnfixedFinding[];
  readonly indexes: readonly UsedIndex[];
  readonly risks: readonly PackageRisk[];
  readonly notes: readonly string[];
  readonly verdict: Verdict;
  readonly result?: { readonly digest: Digest; readonly layer?: Digest; readonly layerBytes?: number };
  readonly proof?: PatchProof;
}

/** Of the embedded engine, which leaves the publishing to others. */
export interface EmbeddedPatch extends PlatformPatch {
  readonly engine: 'embedded';
  /** Absent where nothing was replaced. */
  readonly made?: MadeImage;
}

export interface MadeImage {
  readonly subject: PatchSubject;
  readonly patched: PatchedImage;
}
