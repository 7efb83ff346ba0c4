import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { formatReference, isTag, parseReference } from '../../oci/reference.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import { publish, type PublishTarget } from '../../patch/publish/publish.ts';
import type { Run } from '../run.ts';
import { attestPatches, type PatchFacts } from './attesting.ts';
import type { EmbeddedPatch, MadeImage } from './platform-patch.ts';
import type { PatchTarget } from './patch-target.ts';

/** Where the patched image goes. */
export type Destination =
  | { readonly kind: 'registry'; readonly reference: ImageReference; readonly overwrite: boolean }
  | { readonly kind: 'layout'; readonly directory: string; readonly tag: string };

export interface Published {
  /** As it can be pulled or scanned. */
  readonly name: string;
  readonly digest: Digest;
  /** Only what was not there yet; absent where another engine published it. */
  readonly uploadedBytes?: number;
  /** Files that attestations were written to. */
  readonly attestations: readonly string[];
}

/** @throws DrydockError USAGE_INVALID, before anything was read */
export function checkDestination(config: Config, target: PatchTarget): Destination {
  const place = config.to ?? (config.output?.startsWith('oci:') ? config.output : undefined);
  if (config.push === (place !== undefined)) {
    throw new DrydockError('USAGE_INVALID', 'it is not said where the patched image shall go', {
      hint: 'Give either --push or --to oci:DIR, or look first with --dry-run.',
    });
  }
  if (place !== undefined) return layoutDestination(place, config, target);
  const reference = pushReference(config, target);
  return { kind: 'registry', reference, overwrite: config.overwrite };
}

function layoutDestination(place: string, config: Config, target: PatchTarget): Destination {
  const [, directory = '', tag] = /^oci:(.+?)(?::([\w][\w.-]{0,127}))?$/.exec(place) ?? [];
  if (directory === '') {
    throw new DrydockError('USAGE_INVALID', `--to ${JSON.stringify(place)} is no OCI layout`, {
      hint: 'Write oci:DIR or oci:DIR:TAG.',
    });
  }
  return { kind: 'layout', directory, tag: tag ?? tagFor(config, target) };
}

function pushReference(config: Config, { reference, name }: PatchTarget): ImageReference {
  if (config.tag !== undefined && !isTag(config.tag)) return parseReference(config.tag);
  if (!reference) {
    throw new DrydockError('USAGE_INVALID', `${name} is in no registry, so it is not known where to push`, {
      hint: 'Give a whole reference: --tag registry.example.com/team/app:1.0-patched.',
    });
  }
  const { registry, repository } = reference;
  return { registry, repository, tag: tagFor(config, { reference }) };
}

function tagFor({ tag, tagSuffix }: Config, { reference }: Pick<PatchTarget, 'reference'>): string {
  if (tag !== undefined && isTag(tag)) return tag;
  const suffixed = `${reference?.tag ?? 'latest'}${tagSuffix}`;
  if (isTag(suffixed)) return suffixed;
  throw new DrydockError('USAGE_INVALID', `${JSON.stringify(suffixed)} is no tag`, {
    hint: 'Give another one with --tag or --tag-suffix.',
  });
}

type MadePatch = EmbeddedPatch & { readonly made: MadeImage };

interface PublishParts {
  readonly destination: Destination;
  readonly target: PatchTarget;
  readonly patches: readonly MadePatch[];
  readonly run: Run;
  readonly registry: () => Promise<WritableRegistry>;
}

/** @throws DrydockError SOURCE_MOVED, and what registries and the file system throw */
export async function publishPatches(parts: PublishParts, { signal }: Signal): Promise<Published> {
  const { destination, target, patches, run } = parts;
  const [first] = patches;
  if (!first) throw new Error('there is nothing to publish');
  const { files, referrers } = await attestPatches(patches.map(factsOf(target)), run);
  const { digest, writtenBytes } = await publish(
    {
      patched: patches.map(({ made }) => made.patched),
      name: target.name,
      documents: target.documents(first.made.subject.base.image.digest),
      blobs: target.blobs,
      referrers,
      target: await publishTarget(parts),
    },
    {
      version: `drydock/${run.version}`,
      packages: patches.flatMap(({ applied }) => applied.map(({ name, to }) => ({ name, to }))),
    },
    { signal },
  );
  const isLayout = destination.kind === 'layout';
  const name = isLayout
    ? `oci:${destination.directory}:${destination.tag}`
    : formatReference(destination.reference);
  return { name, digest, uploadedBytes: writtenBytes, attestations: files };
}

async function publishTarget({ destination, target, registry }: PublishParts): Promise<PublishTarget> {
  if (destination.kind === 'layout') return destination;
  const { reference, overwrite: overwriteSource } = destination;
  const source = target.reference && { source: target.reference };
  return { kind: 'registry', registry: await registry(), reference, overwriteSource, ...source };
}

function factsOf({ reference }: PatchTarget): (patch: MadePatch) => PatchFacts {
  return (patch) => {
    const { image, manifest, base } = patch.made.patched;
    return {
      patch,
      image,
      manifest,
      created: image.config.created ?? new Date(0).toISOString(),
      name: reference ? formatReference(reference) : base.image.name,
    };
  };
}
