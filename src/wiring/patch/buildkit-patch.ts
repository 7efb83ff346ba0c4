import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, Image, ImageReference, Platform } from '../../model/image.ts';
import type { NamedUpdate, PatchOutcome } from '../../model/patch.ts';
import type { Report } from '../../model/report.ts';
import { parseManifest } from '../../oci/manifest.ts';
import { formatReference } from '../../oci/reference.ts';
import { registryImageSource } from '../../oci/registry/registry-image.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import { patchWithCopa, type CopaResult } from '../../patch/buildkit/copa.ts';
import { copaOs, type CopaInput } from '../../patch/buildkit/copa-report.ts';
import { requestedUpdates, type RequestedUpdates } from '../../patch/buildkit/requested-updates.ts';
import {
  fixedSource,
  openSubject,
  proofOf,
  type PatchOptions,
  type PatchSubject,
} from '../../patch/patch-image.ts';
import { readOsRelease } from '../../patch/plan/plan-patch.ts';
import { publishToRegistry, refuseToReplace } from '../../patch/publish/to-registry.ts';
import type { Run } from '../run.ts';
import { attestPatches, type PatchFacts } from './attesting.ts';
import { copaOptions } from './copa-options.ts';
import type { Destination, Published } from './destination.ts';
import { vulnerabilitiesOf, type Finder } from './finder.ts';
import type { PatchTarget } from './patch-target.ts';
import type { PlatformPatch } from './platform-patch.ts';

export interface BuildKitParts {
  readonly run: Run;
  readonly target: PatchTarget;
  /** Absent where nothing shall be done. */
  readonly destination: Destination | undefined;
  readonly platforms: readonly (Platform | undefined)[];
  readonly find: Finder;
  readonly how: PatchOptions;
  readonly registry: () => Promise<WritableRegistry>;
  /** What the engine wrote. */
  readonly onLog?: (text: string) => void;
}

export interface BuildKitDone {
  readonly patches: readonly PlatformPatch[];
  readonly published?: Published;
}

/** What one platform's image asks for. */
interface Asked {
  readonly subject: PatchSubject;
  readonly platform: Platform;
  readonly requested: RequestedUpdates;
}

/**
 * Has copa patch an image in a registry, by the package manager of the image, and scans what it made of it.
 *
 * @throws DrydockError ENGINE_UNAVAILABLE, ENGINE_FAILED, TIMED_OUT, PATCH_UNSUPPORTED for an image in no registry,
 *   USAGE_INVALID where it shall not be pushed; what scanning throws
 */
export async function patchWithBuildKit(parts: BuildKitParts, { signal }: Signal): Promise<BuildKitDone> {
  const { target, destination, platforms } = parts;
  const { reference } = target;
  if (!reference) {
    throw new DrydockError('PATCH_UNSUPPORTED', `the engine buildkit patches images in registries only`, {
      hint: `Push ${target.name} to a registry first.`,
    });
  }
  if (destination && destination.kind !== 'registry') {
    throw new DrydockError('USAGE_INVALID', 'the engine buildkit pushes what it makes to a registry', {
      hint: 'Give --push instead of --to.',
    });
  }
  const asked: Asked[] = [];
  for (const platform of platforms) asked.push(await ask(platform, parts, { signal }));
  const wanted = asked.filter(({ requested }) => requested.updates.length > 0);
  if (!destination || wanted.length === 0) return { patches: asked.map(planned) };
  return await patchAndLook(asked, { reference, destination }, parts, { signal });
}

async function ask(
  platform: Platform | undefined,
  { target, find, how }: BuildKitParts,
  { signal }: Signal,
): Promise<Asked> {
  const image = await target.source.resolve(platform, { signal });
  const { onStep } = how;
  const documents = target.documents(image.digest);
  const to = { signal, ...(onStep && { onStep }) };
  const subject = await openSubject(image, target.source, documents, find.before, to);
  return { subject, platform: image.platform, requested: requestedUpdates(subject.findings, how) };
}

interface Route {
  readonly reference: ImageReference;
  readonly destination: Destination & { readonly kind: 'registry' };
}

async function patchAndLook(
  asked: readonly Asked[],
  { reference, destination }: Route,
  parts: BuildKitParts,
  { signal }: Signal,
): Promise<BuildKitDone> {
  const { target, how, run, onLog } = parts;
  const client = await parts.registry();
  const [first] = asked;
  const root = await target.documents(first?.subject.base.image.digest ?? ('' as Digest)).root({ signal });
  const source = { reference, digest: root.digest, registry: client };
  refuseToReplace({ reference: destination.reference, source, overwriteSource: destination.overwrite });
  const { kind } = parseManifest(root.bytes, [root.mediaType], `the manifest of ${target.name}`);
  const inputs: CopaInput[] = [];
  for (const { subject, platform, requested } of asked) {
    if (requested.updates.length === 0) continue;
    const os = copaOs(await readOsRelease(subject.root, { signal }));
    inputs.push({ platform, os, updates: requested.updates });
  }
  how.onStep?.({ kind: 'applying' });
  const done = await patchWithCopa(
    {
      reference: { registry: reference.registry, repository: reference.repository, digest: root.digest },
      kind: kind === 'index' ? 'index' : 'image',
      platforms: inputs,
      output: { tag: outputTag(reference, destination.reference), push: true },
      // What cannot be updated shall not keep the rest from it; the scan tells what was.
      ignoreErrors: true,
    },
    copaOptions(run, [reference.registry, destination.reference.registry]),
    { signal },
  );
  onLog?.(done.log);
  if (!done.isPatched) return { patches: asked.map(unchanged) };
  return await lookAt(asked, done, destination.reference, parts, { signal });
}

/** The engine takes a whole reference only in its later versions. */
function outputTag(from: ImageReference, to: ImageReference): string {
  const isSame = from.registry === to.registry && from.repository === to.repository;
  return isSame && to.tag !== undefined ? to.tag : formatReference(to);
}

function common({ subject, platform, requested }: Asked) {
  return {
    engine: 'buildkit' as const,
    platform,
    base: subject.base.origin,
    found: subject.findings.length,
    updates: requested.updates,
    unfixed: requested.unfixed,
    indexes: [],
    risks: [],
    notes: [],
  };
}

function planned(asked: Asked): PlatformPatch {
  const { updates } = asked.requested;
  const notes = updates.length === 0 ? [] : ['scripts of packages are run by BuildKit, and are not judged'];
  const verdict = updates.length === 0 ? 'nothing-to-do' : 'patched';
  return { ...common(asked), applied: updates, refused: [], notes, verdict };
}

function unchanged(asked: Asked): PlatformPatch {
  const refused = asked.requested.updates.map((update) => left(update, 'copa found nothing to update'));
  return {
    ...common(asked),
    applied: [],
    refused,
    verdict: refused.length > 0 ? 'refused' : 'nothing-to-do',
  };
}

function left({ name }: NamedUpdate, detail: string): PatchOutcome['refused'][number] {
  return { source: name, reason: 'not-in-sources', detail };
}

/** What is in the registry now, whatever the engine says of it. */
async function lookAt(
  asked: readonly Asked[],
  done: CopaResult,
  to: ImageReference,
  parts: BuildKitParts,
  { signal }: Signal,
): Promise<BuildKitDone> {
  const { find, how, run } = parts;
  const client = await parts.registry();
  const name = formatReference(to);
  const digest = await client.resolveDigest(to, { signal });
  const pinned = { ...to, digest };
  const source = registryImageSource(client, pinned, name);
  const patches: PlatformPatch[] = [];
  const facts: PatchFacts[] = [];
  how.onStep?.({ kind: 'checking' });
  for (const each of asked) {
    const image = await source.resolve(each.platform, { signal });
    const report = await find.report?.(fixedSource(image, source), { signal });
    const patch = told(each, image, done, report, find.isTold);
    patches.push(patch);
    if (patch.applied.length === 0) continue;
    const place = { registry: to.registry, repository: to.repository, digest: image.digest };
    const manifest = await client.fetchManifest(place, { signal });
    facts.push({ patch, image, manifest, created: new Date().toISOString(), name: parts.target.name });
  }
  const { files, referrers } = await attestPatches(facts, run);
  if (referrers.length > 0) {
    // The tag is written again as it is: referrers are all that is new.
    const document = await client.fetchManifest(pinned, { signal });
    await publishToRegistry(
      client,
      { manifests: [], root: document },
      referrers,
      { reference: to },
      { signal },
    );
  }
  return { patches, published: { name, digest, attestations: files } };
}

function told(
  asked: Asked,
  image: Image,
  done: CopaResult,
  report: Report | undefined,
  isTold: boolean,
): PlatformPatch {
  const { updates } = asked.requested;
  const claimed = new Set(done.claimed);
  const now = versionsIn(report);
  const isApplied = ({ name, architecture, from, fixes }: NamedUpdate): boolean =>
    now ? now.get(`${name} ${architecture}`) !== from : fixes.every((id) => claimed.has(id));
  const applied = updates
    .filter(isApplied)
    .map((update) => ({ ...update, to: now?.get(`${update.name} ${update.architecture}`) ?? update.to }));
  const refused = updates
    .filter((update) => !isApplied(update))
    .map((update) => left(update, `copa left ${update.name} at ${update.from}`));
  const proof = report && proofOf(asked.subject.findings, vulnerabilitiesOf(report), applied, { isTold });
  const isWhole = refused.length === 0 && (proof?.notGone.length ?? 0) === 0;
  const some = applied.length > 0 ? (isWhole ? 'patched' : 'partly') : undefined;
  return {
    ...common(asked),
    applied,
    refused,
    verdict: some ?? (refused.length > 0 ? 'refused' : 'nothing-to-do'),
    ...(image.digest !== asked.subject.base.image.digest && { result: { digest: image.digest } }),
    ...(proof && { proof }),
  };
}

function versionsIn(report: Report | undefined): ReadonlyMap<string, string> | undefined {
  if (!report) return undefined;
  const system = report.packages.filter(({ application }) => application === undefined);
  return new Map(system.map(({ name, architecture = '', version }) => [`${name} ${architecture}`, version]));
}
