import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import type { Report } from '../../model/report.ts';
import type { PatchOptions, PatchStep } from '../../patch/patch-image.ts';
import { lazily } from '../lazily.ts';
import { openPlainTransport, openRegistryClient } from '../registry-client.ts';
import type { Run } from '../run.ts';
import { openScanning } from '../scanning.ts';
import { patchWithBuildKit, type BuildKitParts } from './buildkit-patch.ts';
import { checkDestination, publishPatches, type Published } from './destination.ts';
import { leaveAlone, patchEmbedded } from './embedded-patch.ts';
import { openFinder } from './finder.ts';
import { patchOptions } from './patch-options.ts';
import { openPatchTarget, platformsOf } from './patch-target.ts';
import type { EmbeddedPatch, PlatformPatch } from './platform-patch.ts';

export interface PatchRun {
  readonly name: string;
  /** Nothing was done. */
  readonly isPlan: boolean;
  readonly patches: readonly PlatformPatch[];
  readonly published?: Published;
}

export interface PatchRunOptions extends Signal {
  /** What of a report is to be fixed. */
  readonly select: (report: Report) => Report;
  readonly onStep: (step: PatchStep) => void;
  /** What another engine wrote. */
  readonly onLog?: (text: string) => void;
}

/**
 * Patches an image and publishes the result, as the settings say. With `dryRun` it only plans.
 *
 * @throws DrydockError of every kind that scanning, planning, applying and publishing give
 */
export async function patchImage(run: Run, name: string, options: PatchRunOptions): Promise<PatchRun> {
  const { config } = run.loaded;
  const { signal, onStep } = options;
  const registry = lazily(() => openRegistryClient(run, []));
  const plain = lazily(() => openPlainTransport(run));
  try {
    const target = await openPatchTarget(name, registry.get, { signal });
    const destination = config.dryRun ? undefined : checkDestination(config, target);
    const how: PatchOptions = { ...(await patchOptions(config, run.version, plain.get)), onStep };
    await using scanning = await openScanning(run, []);
    const find = await openFinder(config, scanning, options);
    const platforms = await platformsOf(config.platform, target, { signal });
    const parts: BuildKitParts = {
      run,
      target,
      destination,
      platforms,
      find,
      how,
      registry: registry.get,
      ...(options.onLog && { onLog: options.onLog }),
    };
    const done = await patchWith(config.engine, parts, { signal });
    return { name: target.name, isPlan: config.dryRun, ...done };
  } finally {
    await registry.close();
    await plain.close();
  }
}

type Done = Pick<PatchRun, 'patches' | 'published'>;

async function patchWith(engine: Config['engine'], parts: BuildKitParts, options: Signal): Promise<Done> {
  if (engine === 'buildkit') return await patchWithBuildKit(parts, options);
  if (engine === 'embedded') return await publishOwn(await patchHere(parts, options), parts, options);
  const own = await patchHere(parts, options).catch(unlessUnsupported);
  const limit = own instanceof DrydockError ? own.message : limitOf(own);
  if (limit === undefined && !(own instanceof DrydockError)) return await publishOwn(own, parts, options);
  try {
    return await patchWithBuildKit(parts, options);
  } catch (error) {
    if (!(error instanceof DrydockError) || !UNUSABLE.has(error.code)) throw error;
    const both = `${limit ?? ''}; the engine buildkit cannot be used: ${error.message}`;
    if (own instanceof DrydockError)
      throw new DrydockError(error.code, both, { cause: error, ...(error.hint && { hint: error.hint }) });
    const noted = own.map((patch) => ({ ...patch, notes: [...patch.notes, both] }));
    return await publishOwn(noted, parts, options);
  }
}

/** It is not there, or not for such images. */
const UNUSABLE: ReadonlySet<string> = new Set(['ENGINE_UNAVAILABLE', 'PATCH_UNSUPPORTED', 'USAGE_INVALID']);

function unlessUnsupported(error: unknown): DrydockError {
  if (isUnsupported(error)) return error;
  throw error;
}

function isUnsupported(error: unknown): error is DrydockError {
  return error instanceof DrydockError && error.code === 'PATCH_UNSUPPORTED';
}

/** Why another engine is to be asked, if one is. */
function limitOf(patches: readonly EmbeddedPatch[]): string | undefined {
  const refused = patches.flatMap((patch) => patch.refused);
  return refused.find(({ reason }) => reason === 'unsafe-maintainer-script')?.detail;
}

async function patchHere(
  { platforms, target, find, how, run }: BuildKitParts,
  { signal }: Signal,
): Promise<EmbeddedPatch[]> {
  const { dryRun, engine } = run.loaded.config;
  const patches: EmbeddedPatch[] = [];
  for (const platform of platforms) {
    try {
      patches.push(await patchEmbedded(platform, target, { how, find, dryRun, signal }));
    } catch (error) {
      // Of several, one that cannot be patched stays as it is, unless another engine may know better.
      const isOneOfMany = platforms.length > 1 && engine === 'embedded';
      if (!isOneOfMany || !isUnsupported(error)) throw error;
      patches.push(await leaveAlone(platform, error.message, target, { find, signal }));
    }
  }
  return patches;
}

async function publishOwn(
  patches: readonly EmbeddedPatch[],
  { destination, target, run, registry }: BuildKitParts,
  { signal }: Signal,
): Promise<Done> {
  const made = patches.flatMap((patch) => (patch.made ? [{ ...patch, made: patch.made }] : []));
  if (!destination || made.length === 0) return { patches };
  const published = await publishPatches({ destination, target, patches: made, run, registry }, { signal });
  return { patches, published };
}
