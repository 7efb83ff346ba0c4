import { readFile } from 'node:fs/promises';
import { sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { formatReference, isTag, parseReference } from '../../oci/reference.ts';
import type { WritableRegistry } from '../../oci/registry/registry.ts';
import {
  attest,
  attestationReferrers,
  writeAttestations,
  type Attestation,
} from '../../patch/attest/attestations.ts';
import { signerOf } from '../../patch/attest/envelope.ts';
import { OPENVEX, vexDocument } from '../../patch/attest/openvex.ts';
import { provenance, SLSA_PROVENANCE } from '../../patch/attest/provenance.ts';
import type { PatchedImage, PatchNote } from '../../patch/image/patched-image.ts';
import { patchedTree } from '../../patch/image/patched-index.ts';
import { publicationOf } from '../../patch/publish/publication.ts';
import { publishToLayout } from '../../patch/publish/to-layout.ts';
import { publishToRegistry } from '../../patch/publish/to-registry.ts';
import type { Run } from '../run.ts';
import type { PlatformPatch } from './platform-patch.ts';
import type { PatchTarget } from './patch-target.ts';

/** Where the patched image goes. */
export type Destination =
  | { readonly kind: 'registry'; readonly reference: ImageReference; readonly overwrite: boolean }
  | { readonly kind: 'layout'; readonly directory: string; readonly tag: string };

export interface Published {
  /** As it can be pulled or scanned. */
  readonly name: string;
  readonly digest: Digest;
  /** Only what was not there yet. */
  readonly uploadedBytes: number;
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

type MadePatch = PlatformPatch & { readonly patched: PatchedImage };

interface PublishParts {
  readonly destination: Destination;
  readonly target: PatchTarget;
  readonly patches: readonly MadePatch[];
  readonly run: Run;
  readonly registry: () => Promise<WritableRegistry>;
}

/** @throws DrydockError SOURCE_MOVED, and what registries and the file system throw */
export async function publishPatches(parts: PublishParts, { signal }: Signal): Promise<Published> {
  const { destination, target, patches, run, registry } = parts;
  const { config } = run.loaded;
  const [first] = patches;
  if (!first) throw new Error('there is nothing to publish');
  const documents = target.documents(first.subject.base.image.digest);
  const source = await documents.root({ signal });
  const images = patches.map(({ patched }) => patched);
  const tree = await patchedTree(documents, images, indexNote(patches, run), target.name, { signal });
  const publication = await publicationOf(tree, images, documents, target.blobs, { signal });
  const made = await attestationsFor(parts);
  const files = config.attestations === undefined ? [] : await writeAll(config.attestations, made);
  const referrers = config.referrers
    ? made.flatMap(({ patch, attestations }) =>
        attestationReferrers(patch.patched.manifest, attestations, createdOf(patch)),
      )
    : [];
  const common = { digest: tree.root.digest, attestations: files };
  if (destination.kind === 'layout') {
    const { directory, tag } = destination;
    const { writtenBytes } = await publishToLayout(publication, referrers, { directory, tag }, { signal });
    return { ...common, name: `oci:${directory}:${tag}`, uploadedBytes: writtenBytes };
  }
  const client = await registry();
  const { reference, overwrite } = destination;
  const { uploadedBytes } = await publishToRegistry(
    client,
    publication,
    referrers,
    {
      reference,
      ...(target.reference && {
        source: { reference: target.reference, digest: source.digest, registry: client },
      }),
      overwriteSource: overwrite,
    },
    { signal },
  );
  return { ...common, name: formatReference(reference), uploadedBytes };
}

function createdOf({ patched }: MadePatch): string {
  return patched.image.config.created ?? new Date(0).toISOString();
}

/** Of the index that holds all of them. */
function indexNote(patches: readonly MadePatch[], { version }: Run): PatchNote {
  const created = patches.map(createdOf).sort().at(-1) ?? '';
  const packages = patches.flatMap(({ outcome }) => outcome.applied.map(({ name, to }) => ({ name, to })));
  const input = sha256Of(JSON.stringify(patches.map(({ patched }) => patched.manifest.digest)));
  return { created, version: `drydock/${version}`, input, packages };
}

interface Attested {
  readonly patch: MadePatch;
  readonly attestations: readonly Attestation[];
}

async function attestationsFor({ patches, run, target }: PublishParts): Promise<Attested[]> {
  const { config } = run.loaded;
  const signer =
    config.signingKey === undefined ? undefined : signerOf(new Secret(await readKey(config.signingKey)));
  const version = `drydock/${run.version}`;
  return patches.map((patch) => {
    const { patched, plan, outcome, proof, platform, subject } = patch;
    const { image, base } = patched;
    const vex =
      proof &&
      vexDocument({
        image,
        os: undefined,
        applied: outcome.applied,
        unfixed: plan.unfixed,
        remaining: proof.remaining,
        author: 'Drydock',
        timestamp: createdOf(patch),
        tooling: version,
      });
    const statement = provenance({
      origin: subject.base.origin,
      indexes: plan.indexes,
      applied: outcome.applied,
      version,
      engine: 'embedded',
      platform: [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
    });
    const subjects = [
      {
        name: target.reference ? formatReference(target.reference) : base.image.name,
        digest: patched.manifest.digest,
      },
    ];
    const predicates = [
      ...(vex ? [{ type: OPENVEX, content: vex, fileName: `${fileStem(patch)}.openvex.json` }] : []),
      { type: SLSA_PROVENANCE, content: statement, fileName: `${fileStem(patch)}.provenance.json` },
    ];
    return { patch, attestations: attest(subjects, predicates, signer) };
  });
}

function fileStem({ platform: { os, architecture, variant } }: MadePatch): string {
  return [os, architecture, variant]
    .filter((word) => word !== undefined)
    .join('-')
    .replace(/[^\w.-]/g, '_');
}

async function writeAll(directory: string, made: readonly Attested[]): Promise<string[]> {
  return await writeAttestations(
    directory,
    made.flatMap(({ attestations }) => attestations),
  );
}

async function readKey(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  });
}
