import type { Signal } from '../../base/signal.ts';
import type { Platform } from '../../model/image.ts';
import type { PatchOutcome, PatchPlan } from '../../model/patch.ts';
import {
  apply,
  fixedSource,
  openSubject,
  plan,
  prove,
  review,
  type PatchOptions,
  type PatchSubject,
} from '../../patch/patch-image.ts';
import { requestedUpdates } from '../../patch/buildkit/requested-updates.ts';
import { verdictOf } from '../../patch/verdict.ts';
import type { Finder } from './finder.ts';
import type { PatchTarget } from './patch-target.ts';
import type { EmbeddedPatch } from './platform-patch.ts';

export interface EmbeddedOptions extends Signal {
  readonly how: PatchOptions;
  readonly find: Finder;
  /** Nothing is made. */
  readonly dryRun: boolean;
}

/** Patches one platform's image here, without anything of it being run. @throws DrydockError as its steps */
export async function patchEmbedded(
  platform: Platform | undefined,
  target: PatchTarget,
  { how, find, dryRun, signal }: EmbeddedOptions,
): Promise<EmbeddedPatch> {
  const image = await target.source.resolve(platform, { signal });
  const { onStep } = how;
  const to = { signal, ...(onStep && { onStep }) };
  const subject = await openSubject(image, target.source, target.documents(image.digest), find.before, to);
  const planned = await plan(subject, how, { signal });
  if (dryRun) return told(image.platform, subject, planned, await review(subject, planned, how, { signal }));
  const { outcome, patched } = await apply(subject, planned, how, { signal });
  const done = told(image.platform, subject, planned, outcome);
  if (!patched) return done;
  const { digest, sizeBytes } = patched.layer;
  const result = { digest: patched.manifest.digest, layer: digest, layerBytes: sizeBytes };
  const made = { subject, patched };
  if (!find.after) {
    const notes = [...done.notes, 'the result was not scanned, as there is no database to scan it by'];
    return { ...done, notes, made, result };
  }
  const proof = await prove(subject, patched, outcome, find.after, { ...to, isTold: find.isTold });
  const verdict = proof.notGone.length === 0 ? done.verdict : 'partly';
  return { ...done, made, result, proof, verdict };
}

function told(
  platform: Platform,
  subject: PatchSubject,
  planned: PatchPlan,
  outcome: PatchOutcome,
): EmbeddedPatch {
  return {
    engine: 'embedded',
    platform,
    base: subject.base.origin,
    found: subject.findings.length,
    updates: planned.updates,
    applied: outcome.applied,
    refused: outcome.refused,
    unfixed: planned.unfixed,
    indexes: planned.indexes,
    risks: outcome.risks ?? [],
    notes: [...planned.notes, ...outcome.notes],
    verdict: verdictOf(planned, outcome),
  };
}

/** Of several platforms, one that the engine cannot patch: it stays as it is. */
export async function leaveAlone(
  platform: Platform | undefined,
  why: string,
  target: PatchTarget,
  { find, signal }: Pick<EmbeddedOptions, 'find' | 'signal'>,
): Promise<EmbeddedPatch> {
  const image = await target.source.resolve(platform, { signal });
  const findings = await find.before(image, fixedSource(image, target.source), true, { signal });
  const { updates, unfixed } = requestedUpdates(findings, {});
  return {
    engine: 'embedded',
    platform: image.platform,
    base: { digest: image.digest },
    found: findings.length,
    updates: [],
    applied: [],
    refused: [],
    unfixed,
    indexes: [],
    risks: [],
    notes: [`left as it is: ${why}`],
    verdict: updates.length === 0 ? 'nothing-to-do' : 'refused',
  };
}
