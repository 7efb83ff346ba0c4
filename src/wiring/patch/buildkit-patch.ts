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
import { appliedUpdates, type LookedAt } from '../../patch/buildkit/applied-updates.ts';
import { copaOs, packageTypeOf, type CopaInput } from '../../patch/buildkit/copa-report.ts';
import { requestedUpdates, type RequestedUpdates } from '../../patch/buildkit/requested-updates.ts';
import type { StoredDocument } from '../../patch/image/documents.ts';
import {
  fixedSource,
  openSubject,
  proofOf,
  type PatchOptions,
  type PatchSubject,
} from '../../patch/patch-image.ts';
import { readOsRelease } from '../../patch/plan/plan-patch.ts';
import {
  checkSource,
  movedSource,
  publishToRegistry,
  refuseToReplace,
} from '../../patch/publish/to-registry.ts';
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
  const type = packageTypeOf(await readOsRelease(subject.root, { signal }));
  return { subject, platform: image.platform, requested: requestedUpdates(subject.findings, how, type) };
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
  await checkSource({ source }, signal);
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
  const moved = isSameTag(reference, destination.reference) ? undefined : await movedSource(source, signal);
  const to = destination.reference;
  const pushed = { ...to, digest: await client.resolveDigest(to, { signal }) };
  checkPlatforms(root, await client.fetchManifest(pushed, { signal }), formatReference(to));
  const looked = await lookAt(asked, done, pushed, parts, { signal });
  if (moved === undefined) return looked;
  return {
    ...looked,
    patches: looked.patches.map((patch) => ({ ...patch, notes: [...patch.notes, moved] })),
  };
}

/**
 * The engine leaves platforms out of the index that it cannot patch.
 *
 * @throws DrydockError ENGINE_FAILED
 */
function checkPlatforms(before: StoredDocument, after: StoredDocument, name: string): void {
  const now = platformNames(after, name);
  const gone = platformNames(before, name).filter((each) => {
    const at = now.indexOf(each);
    return at < 0 || now.splice(at, 1).length === 0;
  });
  if (gone.length === 0) return;
  throw new DrydockError('ENGINE_FAILED', `copa has pushed ${name} without ${gone.join(', ')}`, {
    hint: 'Its log is in --debug. Name with --platform those that it can patch.',
  });
}

/** Without variants, which the engine writes in its own way; each as often as it is there. */
function platformNames({ bytes, mediaType }: StoredDocument, name: string): string[] {
  const parsed = parseManifest(bytes, [mediaType], `the manifest of ${name}`);
  if (parsed.kind === 'manifest') return [];
  const platforms = parsed.manifests.flatMap(({ platform }) => platform ?? []);
  return platforms
    .filter(({ os }) => os !== 'unknown')
    .map(({ os, architecture }) => `${os}/${architecture}`);
}

/** What the engine pushes there moves the tag itself. */
function isSameTag(from: ImageReference, to: ImageReference): boolean {
  return from.registry === to.registry && from.repository === to.repository && from.tag === to.tag;
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
  pushed: ImageReference & { readonly digest: Digest },
  parts: BuildKitParts,
  { signal }: Signal,
): Promise<BuildKitDone> {
  const { find, how, run } = parts;
  const client = await parts.registry();
  const { digest, ...reference } = pushed;
  const name = formatReference(reference);
  const source = registryImageSource(client, pushed, name);
  const patches: PlatformPatch[] = [];
  const facts: PatchFacts[] = [];
  how.onStep?.({ kind: 'checking' });
  for (const each of asked) {
    const image = await source.resolve(each.platform, { signal });
    const report = await find.report?.(fixedSource(image, source), { signal });
    const patch = told(each, image, done, report, find.isTold);
    patches.push(patch);
    if (patch.applied.length === 0) continue;
    const place = { registry: pushed.registry, repository: pushed.repository, digest: image.digest };
    const manifest = await client.fetchManifest(place, { signal });
    facts.push({ patch, image, manifest, created: new Date().toISOString(), name: parts.target.name });
  }
  const { files, referrers } = await attestPatches(facts, run);
  if (referrers.length > 0) {
    // Without the tag, which somebody may have moved by now: referrers are all that is new.
    const document = await client.fetchManifest(pushed, { signal });
    const place = { registry: pushed.registry, repository: pushed.repository };
    await publishToRegistry(
      client,
      { manifests: [], root: document },
      referrers,
      { reference: place },
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
  const { applied, left: rest } = report
    ? appliedUpdates(updates, report.packages)
    : claimedOf(updates, done);
  const refused = rest.map((update) => left(update, `copa left ${update.name} at ${update.from}`));
  const proof = report && proofOf(asked.subject.findings, vulnerabilitiesOf(report), applied, { isTold });
  const isWhole = refused.length === 0 && (proof?.notGone.length ?? 0) === 0;
  const some = applied.length > 0 ? (isWhole ? 'patched' : 'partly') : undefined;
  return {
    ...common(asked),
    applied,
    refused,
    verdict: some ?? (refused.length > 0 ? 'refused' : 'nothing-to-do'),
    ...(report ? {} : { notes: ['the result was not scanned: this is what copa says of it'] }),
    ...(image.digest !== asked.subject.base.image.digest && { result: { digest: image.digest } }),
    ...(proof && { proof }),
  };
}

/** Without a database there is no scan, only what the engine says. */
function claimedOf(updates: readonly NamedUpdate[], { claimed }: CopaResult): LookedAt {
  const ids = new Set(claimed);
  const isClaimed = ({ fixes }: NamedUpdate): boolean => fixes.every((id) => ids.has(id));
  return { applied: updates.filter(isClaimed), left: updates.filter((update) => !isClaimed(update)) };
}
