import type { Platform } from '../../model/image.ts';
import type { PatchOutcome, PatchPlan } from '../../model/patch.ts';
import type { PatchedImage } from '../../patch/image/patched-image.ts';
import type { PatchProof, PatchSubject } from '../../patch/patch-image.ts';
import type { Verdict } from '../../patch/verdict.ts';

/** What became of one platform's image. */
export interface PlatformPatch {
  readonly platform: Platform;
  readonly subject: PatchSubject;
  readonly plan: PatchPlan;
  readonly outcome: PatchOutcome;
  readonly verdict: Verdict;
  readonly patched?: PatchedImage;
  readonly proof?: PatchProof;
}
