import { readFile } from 'node:fs/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Platform } from '../../model/image.ts';
import type { PatchOutcome } from '../../model/patch.ts';
import type { Report } from '../../model/report.ts';
import { readFindings } from '../../patch/findings/read-findings.ts';
import {
  apply,
  openSubject,
  plan,
  prove,
  type FindVulnerabilities,
  type PatchOptions,
  type PatchStep,
} from '../../patch/patch-image.ts';
import { verdictOf } from '../../patch/verdict.ts';
import { lazily } from '../lazily.ts';
import { openPlainTransport, openRegistryClient } from '../registry-client.ts';
import type { Run } from '../run.ts';
import { openScanning, type LocalScanning } from '../scanning.ts';
import { checkDestination, publishPatches, type Destination, type Published } from './destination.ts';
import { patchOptions } from './patch-options.ts';
import type { PlatformPatch } from './platform-patch.ts';
import { openPatchTarget, platformsOf, type PatchTarget } from './patch-target.ts';

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
    refuseOtherEngines(config);
    const target = await openPatchTarget(name, registry.get, { signal });
    const destination = config.dryRun ? undefined : checkDestination(config, target);
    const how: PatchOptions = { ...(await patchOptions(config, run.version, plain.get)), onStep };
    await using scanning = await openScanning(run, []);
    const find = await finder(config, scanning, options);
    const patches: PlatformPatch[] = [];
    for (const platform of await platformsOf(config.platform, target, { signal }))
      patches.push(await patchPlatform(platform, target, find, how, config, { signal }));
    const published = await publish(destination, target, patches, run, registry.get, options);
    return { name: target.name, isPlan: config.dryRun, patches, ...(published && { published }) };
  } finally {
    await registry.close();
    await plain.close();
  }
}

/** Who asks for another engine shall not be given this one's work unasked. */
function refuseOtherEngines({ engine }: Config): void {
  if (engine === 'embedded') return;
  throw new DrydockError('ENGINE_UNAVAILABLE', `the engine ${engine} cannot be driven from here yet`, {
    hint: 'Leave --engine out, or call copa itself.',
  });
}

async function patchPlatform(
  platform: Platform | undefined,
  target: PatchTarget,
  find: Finder,
  options: PatchOptions,
  { dryRun }: Config,
  { signal }: Signal,
): Promise<PlatformPatch> {
  const image = await target.source.resolve(platform, { signal });
  const { onStep } = options;
  const to = { signal, ...(onStep && { onStep }) };
  const documents = target.documents(image.digest);
  const subject = await openSubject(image, target.source, documents, find.before, to);
  const planned = await plan(subject, options, { signal });
  const common = { platform: image.platform, subject, plan: planned };
  if (dryRun) {
    const outcome: PatchOutcome = { applied: planned.updates, refused: [], notes: [] };
    return { ...common, outcome, verdict: verdictOf(planned, outcome) };
  }
  const { outcome, patched } = await apply(subject, planned, options, { signal });
  const verdict = verdictOf(planned, outcome);
  if (!patched) return { ...common, outcome, verdict };
  const proof = find.after && (await prove(subject, patched, outcome, find.after, { ...to, ...find }));
  const isProved = proof === undefined || proof.notGone.length === 0;
  return { ...common, outcome, verdict: isProved ? verdict : 'partly', patched, ...(proof && { proof }) };
}

interface Finder {
  readonly before: FindVulnerabilities;
  /** Absent where there is no database to scan the result by. */
  readonly after?: FindVulnerabilities;
  /** What is found is what a report names, which may leave things out. */
  readonly isTold: boolean;
}

async function finder(
  config: Config,
  scanning: LocalScanning,
  { select, signal }: PatchRunOptions,
): Promise<Finder> {
  const scan: FindVulnerabilities = async (_image, source, isWhole, o) =>
    vulnerabilitiesOf(select(await scanning.scanSource(source, isWhole, o)));
  if (config.report === undefined) {
    await scanning.prepareDatabase({ signal });
    return { before: scan, after: scan, isTold: false };
  }
  const told = readFindings(await readReport(config.report), config.report);
  const isReady = await scanning.prepareDatabase({ signal }).then(
    () => true,
    () => false,
  );
  return { before: () => Promise.resolve(told), ...(isReady && { after: scan }), isTold: true };
}

function vulnerabilitiesOf({ findings }: Report): readonly VulnerabilityFinding[] {
  return findings.filter((finding) => finding.kind === 'vulnerability');
}

async function readReport(path: string): Promise<Uint8Array> {
  return await readFile(path).catch((cause: unknown) => {
    throw new DrydockError('REPORT_INVALID', `cannot read report ${path}: ${systemReason(cause)}`, { cause });
  });
}

async function publish(
  destination: Destination | undefined,
  target: PatchTarget,
  patches: readonly PlatformPatch[],
  run: Run,
  registry: Parameters<typeof publishPatches>[0]['registry'],
  { signal }: Signal,
): Promise<Published | undefined> {
  const made = patches.flatMap(({ patched, ...rest }) => (patched ? [{ ...rest, patched }] : []));
  if (!destination || made.length === 0) return undefined;
  return await publishPatches({ destination, target, patches: made, run, registry }, { signal });
}
