import type { PatchOutcome, PatchPlan, UnfixedReason } from '../model/patch.ts';

/** How a patch ended, for who has to go on from there. */
export type Verdict = 'patched' | 'nothing-to-do' | 'partly' | 'refused';

/** A fix exists, and yet it is not in the image. */
const LEFT_OVER: ReadonlySet<UnfixedReason> = new Set([
  'not-in-sources',
  'new-dependency-required',
  'held',
  'conflict',
  'unsafe-maintainer-script',
]);

/**
 * `patched`: all that could be fixed was; `partly`: some of it; `refused`: none of it; `nothing-to-do`: there was nothing.
 * What nobody has a fix for, what was not asked for and what is no package of the system counts for none of them.
 */
export function verdictOf(plan: PatchPlan, outcome: PatchOutcome): Verdict {
  const isLeft = outcome.refused.length > 0 || plan.unfixed.some(({ reason }) => LEFT_OVER.has(reason));
  if (outcome.applied.length > 0) return isLeft ? 'partly' : 'patched';
  return isLeft || plan.updates.length > 0 ? 'refused' : 'nothing-to-do';
}
