import { DrydockError, hasErrno, isAbort, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, Image, Layer, Platform } from '../../model/image.ts';
import { blobName, blobNotFound, type OciFiles } from '../layout/oci-files.ts';
import { chooseFromLayout } from '../layout/resolve-layout.ts';
import type { Selection } from '../layout/select-entry.ts';
import { DOCKER_LAYER } from '../media-types.ts';
import type { StreamedArchive } from '../source.ts';
import { formatOf, type ArchiveFormat } from './archive-format.ts';
import { openByteStream, type ByteStream } from './byte-stream.ts';
import { decompressed } from './decompress.ts';
import { collectMembers, type PassedBlob, type PassedMembers } from './passing-members.ts';
import { resolveDocker, type DockerFiles } from './resolve-docker.ts';
import { invalid } from './tar-members.ts';

/** Padding behind an archive's end that is still read, so that who writes into a pipe is not cut off. */
const MAX_TAIL_BYTES = 1 << 20;

/**
 * An image archive read in one pass: standard input, or a file compressed (gzip, zstd) as a whole.
 * @param open gives the bytes; called once, by `read`
 * @param kind undefined: told by what it holds
 *
 * `read` throws ARCHIVE_INVALID, ARCHIVE_LIMIT, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS, PLATFORM_NOT_FOUND,
 * BLOB_NOT_FOUND, LAYER_SIZE_MISMATCH, LAYER_DIGEST_MISMATCH, LAYER_DIFF_ID_MISMATCH, LAYER_CORRUPT, those of
 * manifests, and what `onBlob` throws: at once, or for damage when the blob proves to be one of the image's layers.
 */
export function openStreamedArchive(
  open: () => AsyncIterable<Uint8Array>,
  kind: ArchiveFormat | undefined,
  select: Selection,
  name: string,
): StreamedArchive {
  let stream: ByteStream | undefined;
  const close = async (): Promise<void> => await stream?.close();
  return {
    async read(platform, onBlob, options) {
      stream = openByteStream(decompressed(readable(open, name), name), options.signal);
      try {
        const members = await collectMembers(stream, onBlob, name);
        await stream.skip(MAX_TAIL_BYTES);
        const format = formatOf((path) => members.document(path) !== undefined, kind, name);
        return format === 'oci'
          ? await resolveOci(members, select, platform, name, options)
          : await resolveDocker(dockerFiles(members, name), select, platform, name);
      } finally {
        await close();
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

/** The bytes, with the failures of a disk or a pipe told as such. */
async function* readable(open: () => AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* open();
  } catch (cause) {
    if (cause instanceof DrydockError || isAbort(cause)) throw cause;
    if (hasErrno(cause, 'ENOENT'))
      throw new DrydockError('SOURCE_NOT_FOUND', `${name} does not exist`, { cause });
    invalid(name, `cannot be read: ${messageOf(cause)}`, cause);
  }
}

async function resolveOci(
  members: PassedMembers,
  select: Selection,
  platform: Platform | undefined,
  name: string,
  options: Signal,
): Promise<Image> {
  const files: OciFiles = {
    async find(path) {
      const bytes = members.document(path);
      return bytes && { sizeBytes: bytes.length, read: async () => bytes };
    },
  };
  const resolveChosen = await chooseFromLayout(files, select, name);
  const image = await resolveChosen(platform, options);
  for (const layer of image.layers) {
    if (layer.skipped === undefined) await checkLayer(layer, members, name);
  }
  return image;
}

async function checkLayer(layer: Layer, members: PassedMembers, name: string): Promise<void> {
  const blob = await members.blob(blobName(layer.digest));
  if (!blob) throw blobNotFound(layer.digest, name);
  if (blob.sizeBytes !== layer.sizeBytes) {
    const sizes = `${blob.sizeBytes} bytes where its descriptor says ${layer.sizeBytes}`;
    throw new DrydockError('LAYER_SIZE_MISMATCH', `layer ${layer.digest} has ${sizes}`);
  }
  if (blob.digest !== layer.digest) {
    throw new DrydockError(
      'LAYER_DIGEST_MISMATCH',
      `layer ${layer.digest} has the digest ${blob.digest} instead`,
    );
  }
  checkDiffId(blob, layer.diffId, layer.digest);
}

function checkDiffId(blob: PassedBlob, diffId: Digest, layer: string): void {
  if (blob.diffId === diffId) return;
  throw new DrydockError(
    'LAYER_DIFF_ID_MISMATCH',
    `layer ${layer} unpacks to ${blob.diffId} where the configuration says ${diffId}`,
  );
}

function dockerFiles(members: PassedMembers, name: string): DockerFiles {
  return {
    async document(path, maxBytes) {
      const bytes = members.document(path);
      if (bytes && bytes.length > maxBytes) {
        throw new DrydockError('MANIFEST_TOO_LARGE', `${path} of ${name} is larger than ${maxBytes} bytes`);
      }
      return bytes;
    },
    async layer(path, diffId) {
      const blob = await members.blob(path);
      if (!blob) return undefined;
      checkDiffId(blob, diffId, path);
      const { digest, sizeBytes, compression } = blob;
      const mediaType = compression === 'none' ? DOCKER_LAYER : `${DOCKER_LAYER}.${compression}`;
      return { digest, sizeBytes, mediaType };
    },
  };
}
