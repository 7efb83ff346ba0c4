import { DrydockError } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import { answersTo, isFullName } from '../image-names.ts';
import { fault, parseJsonObject, type Document } from '../json.ts';
import { MAX_MANIFEST_BYTES, toManifest, type Descriptor, type ImageIndex } from '../manifest.ts';
import { listed, quoted } from '../quoted.ts';
import { mayLeadToImage } from '../search-index.ts';
import type { OciFiles } from './oci-files.ts';

/** Which of several images is meant. A digest wins over a tag. */
export interface Selection {
  readonly tag?: string;
  readonly digest?: Digest;
}

/** The entries of an index.json that are meant: one, or several that differ in their platform only. */
export interface SelectedEntries {
  readonly manifests: readonly Descriptor[];
  /** Full names (`repository:tag`) that stand with them. */
  readonly repoTags: readonly string[];
}

const NAME_ANNOTATIONS = ['org.opencontainers.image.ref.name', 'io.containerd.image.name'];

/**
 * Reads index.json.
 * @throws DrydockError LAYOUT_INVALID, MANIFEST_TOO_LARGE, DIGEST_INVALID
 */
export async function readIndex(files: OciFiles, name: string): Promise<ImageIndex> {
  const document: Document = { code: 'LAYOUT_INVALID', of: `index.json of ${name}` };
  const file = await files.find('index.json');
  if (!file) return fault(document, 'is missing');
  if (file.sizeBytes > MAX_MANIFEST_BYTES) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `${document.of} is larger than ${MAX_MANIFEST_BYTES} bytes`);
  }
  const manifest = toManifest(parseJsonObject(await file.read(), document), [], document);
  return manifest.kind === 'index' ? manifest : fault(document, 'is not an index');
}

/**
 * What a selection means in an index.json. Without one: the only image, else the one tagged `latest`, else all
 * when none has a tag to choose it by.
 *
 * @throws DrydockError IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS
 */
export function selectEntries({ manifests }: ImageIndex, select: Selection, name: string): SelectedEntries {
  if (select.digest !== undefined) {
    return selected(manifests.filter(({ digest }) => digest === select.digest));
  }
  if (select.tag !== undefined) return byTag(manifests, select.tag, name);

  const images = manifests.filter(mayLeadToImage);
  // With artifacts only, the first of them says best what is wrong.
  const choices = images.length > 0 ? images : manifests.slice(0, 1);
  if (choices.length === 0) throw new DrydockError('IMAGE_NOT_FOUND', `${name} holds no image`);
  if (choices.every(({ digest }) => digest === choices[0]?.digest)) return selected(choices);
  const latest = choices.filter((entry) => namesOf(entry).some((tag) => answersTo(tag, 'latest')));
  if (latest.length > 0) return selected(latest);
  if (choices.every((entry) => namesOf(entry).length === 0)) return selected(choices);
  throw new DrydockError('SOURCE_AMBIGUOUS', `${name} holds several images: ${tagsOf(choices)}`, {
    hint: 'Choose one by its tag or digest, as in oci:PATH:TAG, oci-archive:FILE:TAG or oci-archive:-@DIGEST.',
  });
}

function byTag(manifests: readonly Descriptor[], tag: string, name: string): SelectedEntries {
  const tagged = manifests.filter((entry) => namesOf(entry).some((known) => answersTo(known, tag)));
  if (tagged.length > 0) return selected(tagged);
  const there = tagsOf(manifests);
  throw new DrydockError('IMAGE_NOT_FOUND', `${name} has no image tagged ${quoted(tag)}`, {
    hint:
      there === '' ? 'It has no tags at all: choose by digest, or leave the tag out.' : `It has: ${there}.`,
  });
}

/** One manifest under several names is one manifest. */
function selected(entries: readonly Descriptor[]): SelectedEntries {
  const manifests = [...new Map(entries.map((entry) => [entry.digest, entry])).values()];
  return { manifests, repoTags: [...new Set(entries.flatMap(namesOf).filter(isFullName))] };
}

function namesOf({ annotations }: Descriptor): string[] {
  return NAME_ANNOTATIONS.flatMap((key) => annotations.get(key) ?? []);
}

function tagsOf(entries: readonly Descriptor[]): string {
  const names = entries.map((entry) =>
    namesOf(entry)
      .map((name) => printable(name))
      .join(' = '),
  );
  return listed([...new Set(names.filter((name) => name !== ''))]);
}

/** Tags are shown bare unless they hold something odd. */
function printable(tag: string): string {
  return /^[\w./:@+-]{1,255}$/.test(tag) ? tag : quoted(tag);
}
