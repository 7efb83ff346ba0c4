import { resolve } from 'node:path';
import { sniffCompression } from '../../codec/compression.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest, Layer } from '../../model/image.ts';
import { checkLayerSize } from '../layout/layout.ts';
import { blobName, blobNotFound } from '../layout/oci-files.ts';
import { chooseFromLayout } from '../layout/resolve-layout.ts';
import type { Selection } from '../layout/select-entry.ts';
import { DOCKER_LAYER } from '../media-types.ts';
import type { ImageSource, LayerContent } from '../source.ts';
import { formatOf, type ArchiveFormat } from './archive-format.ts';
import { openArchiveFile, type ArchiveFile, type Range } from './archive-file.ts';
import { resolveDocker, type DockerFiles, type DockerLayer } from './resolve-docker.ts';

/**
 * Opens an image archive on disk. It is indexed once by its headers; layers become ranges of the file.
 * Undefined when it is compressed or no regular file: see {@link openStreamedArchive}.
 * @param kind undefined: told by what it holds
 *
 * @throws DrydockError SOURCE_NOT_FOUND, ARCHIVE_INVALID, ARCHIVE_LIMIT, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS; from
 *   `resolve` and `openLayer` as those of a layout
 */
export async function openArchive(
  path: string,
  kind: ArchiveFormat | undefined,
  select: Selection,
  name: string,
): Promise<ImageSource | undefined> {
  const archive = await openArchiveFile(path, name);
  if (!archive) return undefined;
  try {
    const format = formatOf((file) => archive.find(file) !== undefined, kind, name);
    return format === 'oci'
      ? await openOciArchive(archive, path, select, name)
      : openDockerArchive(archive, path, select, name);
  } catch (error) {
    await archive[Symbol.asyncDispose]();
    throw error;
  }
}

async function openOciArchive(
  archive: ArchiveFile,
  path: string,
  select: Selection,
  name: string,
): Promise<ImageSource> {
  const files = {
    async find(file: string) {
      const range = archive.find(file);
      return range && { sizeBytes: range.length, read: () => archive.read(range) };
    },
  };
  const resolveChosen = await chooseFromLayout(files, select, name);
  return {
    resolve: resolveChosen,
    async openLayer(_image, layer) {
      const range = archive.find(blobName(layer.digest));
      if (!range) throw blobNotFound(layer.digest, name);
      checkLayerSize(range.length, layer);
      return contentOf(path, range);
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  };
}

function openDockerArchive(archive: ArchiveFile, path: string, select: Selection, name: string): ImageSource {
  const ranges = new Map<Digest, Range>();
  const files: DockerFiles = {
    document: async (file, maxBytes) => await readDocument(archive, file, maxBytes, name),
    async layer(file, diffId) {
      const range = archive.find(file);
      if (range) ranges.set(diffId, range);
      return range && (await describe(archive, range, diffId));
    },
  };
  return {
    resolve: async (platform) => await resolveDocker(files, select, platform, name),
    async openLayer(_image, layer: Layer) {
      const range = ranges.get(layer.diffId);
      if (!range) throw blobNotFound(layer.diffId, name);
      return contentOf(path, range);
    },
    [Symbol.asyncDispose]: () => archive[Symbol.asyncDispose](),
  };
}

/** Docker's own layers are plain tar, whose digest is the diffID; other tools also store them compressed. */
async function describe(archive: ArchiveFile, range: Range, diffId: Digest): Promise<DockerLayer> {
  const head = await archive.read({ offset: range.offset, length: Math.min(4, range.length) });
  const compression = sniffCompression(head);
  return {
    digest: diffId,
    mediaType: compression === 'none' ? DOCKER_LAYER : `${DOCKER_LAYER}.${compression}`,
    sizeBytes: range.length,
    ...(compression !== 'none' && { digestUnknown: true }),
  };
}

async function readDocument(
  archive: ArchiveFile,
  file: string,
  maxBytes: number,
  name: string,
): Promise<Uint8Array | undefined> {
  const range = archive.find(file);
  if (range && range.length > maxBytes) {
    throw new DrydockError('MANIFEST_TOO_LARGE', `${file} of ${name} is larger than ${maxBytes} bytes`);
  }
  return range && (await archive.read(range));
}

function contentOf(path: string, range: Range): LayerContent {
  return { kind: 'file', path: resolve(path), ...range };
}
