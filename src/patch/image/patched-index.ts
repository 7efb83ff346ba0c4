import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { toDigest } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import { isObject, parseJson } from '../../oci/json.ts';
import { MAX_MANIFEST_BYTES, parseManifest } from '../../oci/manifest.ts';
import { bareMediaType, DOCKER_LIST, manifestTypeOf, OCI_INDEX } from '../../oci/media-types.ts';
import type { ImageDocuments, StoredDocument } from './documents.ts';
import { hasTwice, memberText, withElements, withMember } from './json-text.ts';
import { document, patchMarks, withAnnotations, type PatchedImage, type PatchNote } from './patched-image.ts';
import { MARKS } from './patch-marks.ts';

/** The tree of what is published, each document behind those that it names; the last one is the root. */
export interface PatchedTree {
  readonly root: StoredDocument;
  /** Indexes inside the root that have changed. */
  readonly inner: readonly StoredDocument[];
}

const MAX_DEPTH = 8;

/**
 * The index with the patched images in the place of theirs. What is not patched keeps its descriptor to the byte;
 * attestations of what was replaced are left out, as they speak of something else.
 *
 * @param name of the image that was asked for
 * @throws DrydockError MANIFEST_INVALID, MANIFEST_TOO_LARGE, INDEX_TOO_DEEP, and what the documents throw
 */
export async function patchedTree(
  documents: ImageDocuments,
  patched: readonly PatchedImage[],
  note: PatchNote,
  name: string,
  options: Signal,
): Promise<PatchedTree> {
  const replaced = new Map(patched.map((one) => [one.base.image.digest, one.manifest]));
  const root = await documents.root(options);
  const same = replaced.get(root.digest);
  if (same) return { root: same, inner: [] };
  const inner: StoredDocument[] = [];
  const changed = await rewrite(root, 1);
  if (!changed)
    throw new DrydockError('MANIFEST_INVALID', `${name} does not hold the images that were patched`);
  return { root: changed, inner };

  async function rewrite(index: StoredDocument, depth: number): Promise<StoredDocument | undefined> {
    if (depth > MAX_DEPTH) {
      throw new DrydockError('INDEX_TOO_DEEP', `${name} has indexes nested deeper than ${MAX_DEPTH}`);
    }
    const parsed = parseManifest(index.bytes, [index.mediaType], `index of ${name}`);
    if (parsed.kind !== 'index') return undefined;
    const changes = new Map<Digest, StoredDocument>();
    for (const { digest, mediaType } of parsed.manifests) {
      const own = replaced.get(digest);
      if (own) changes.set(digest, own);
      else if (manifestTypeOf(mediaType) === 'index' && !changes.has(digest)) {
        const child = await rewrite(await documents.manifest({ digest }, options), depth + 1);
        if (!child) continue;
        changes.set(digest, child);
        inner.push(child);
      }
    }
    return changes.size === 0
      ? undefined
      : withChildren(index, changes, replaced, note, depth === 1 ? name : undefined);
  }
}

function withChildren(
  index: StoredDocument,
  changes: ReadonlyMap<Digest, StoredDocument>,
  replaced: ReadonlyMap<Digest, unknown>,
  note: PatchNote,
  name: string | undefined,
): StoredDocument {
  const of = 'index';
  const text = new TextDecoder().decode(index.bytes);
  if (hasTwice(text, 'manifests'))
    throw new DrydockError('MANIFEST_INVALID', `the ${of} holds "manifests" twice`);
  const children = withElements(memberText(text, 'manifests') ?? '[]', (descriptor) => {
    const value = parseJson(Buffer.from(descriptor), { code: 'MANIFEST_INVALID', of });
    const digest = isObject(value) ? toDigest(value['digest']) : undefined;
    if (isObject(value) && attests(value['annotations'], replaced)) return undefined;
    const child = digest && changes.get(digest);
    return child ? describe(descriptor, child) : descriptor;
  });
  const own = withMember(text, 'manifests', children);
  const mediaType = mediaTypeOf(memberText(text, 'mediaType'), index.mediaType);
  const marked =
    mediaType === OCI_INDEX && name !== undefined
      ? withAnnotations(own, indexMarks(index, note, text, name))
      : own;
  const result = document(marked, mediaType);
  if (result.bytes.length > MAX_MANIFEST_BYTES) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `the patched index of ${name ?? 'the image'} is too large`);
  }
  return result;
}

/** An index that was patched before keeps what it says of its origin. */
function indexMarks(
  { digest }: StoredDocument,
  note: PatchNote,
  text: string,
  name: string,
): ReadonlyMap<string, string> {
  const annotations = memberText(text, 'annotations');
  const isPatched =
    annotations?.startsWith('{') === true && memberText(annotations, MARKS.version) !== undefined;
  const marks = new Map(patchMarks({ digest, name }, note, undefined));
  if (isPatched) for (const key of [MARKS.baseDigest, MARKS.baseName]) marks.delete(key);
  return marks;
}

function mediaTypeOf(said: string | undefined, stored: string): string {
  const type = bareMediaType(said === undefined ? stored : String(JSON.parse(said)));
  return type === DOCKER_LIST ? DOCKER_LIST : OCI_INDEX;
}

/** @see the attestation storage of BuildKit, which older registries take for images */
function attests(annotations: unknown, replaced: ReadonlyMap<string, unknown>): boolean {
  if (!isObject(annotations)) return false;
  const about = annotations['vnd.docker.reference.digest'];
  return typeof about === 'string' && replaced.has(about);
}

/** Embedded content and other places are those of the old one. */
function describe(descriptor: string, { digest, bytes }: StoredDocument): string {
  let text = withMember(descriptor, 'digest', JSON.stringify(digest));
  text = withMember(text, 'size', String(bytes.length));
  if (memberText(text, 'data') === undefined) return text;
  return withMember(text, 'data', JSON.stringify(Buffer.from(bytes).toString('base64')));
}
