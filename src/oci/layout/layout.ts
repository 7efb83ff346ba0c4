import type { Stats } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import type { Layer } from '../../model/image.ts';
import { fault, parseJsonObject, type Document } from '../json.ts';
import type { ImageSource } from '../source.ts';
import { blobName, blobNotFound, type OciFiles, type StoredFile } from './oci-files.ts';
import { chooseFromLayout } from './resolve-layout.ts';
import type { Selection } from './select-entry.ts';

/** The marker file holds one short version. */
const MAX_MARKER_BYTES = 64 << 10;

/**
 * Opens an OCI image layout directory. Layers are ranges of its blob files, compared with their descriptors in
 * size but not read.
 *
 * @throws DrydockError SOURCE_NOT_FOUND, LAYOUT_INVALID, IMAGE_NOT_FOUND, SOURCE_AMBIGUOUS; from `resolve` also
 *   BLOB_NOT_FOUND, BLOB_SIZE_MISMATCH, BLOB_DIGEST_MISMATCH and those of manifests; from `openLayer`
 *   BLOB_NOT_FOUND, LAYER_SIZE_MISMATCH
 */
export async function openLayout(directory: string, select: Selection, name: string): Promise<ImageSource> {
  const root = resolve(directory);
  const files = filesIn(root, name);
  await checkMarker(files, root, name);
  const resolveChosen = await chooseFromLayout(files, select, name);
  return {
    resolve: resolveChosen,
    async openLayer(_image, layer) {
      const file = await files.find(blobName(layer.digest));
      if (!file) throw blobNotFound(layer.digest, name);
      checkLayerSize(file.sizeBytes, layer);
      return { kind: 'file', path: join(root, blobName(layer.digest)), offset: 0, length: file.sizeBytes };
    },
    async [Symbol.asyncDispose]() {
      // nothing stays open
    },
  };
}

/** @throws DrydockError LAYER_SIZE_MISMATCH */
export function checkLayerSize(sizeBytes: number, layer: Layer): void {
  if (sizeBytes === layer.sizeBytes) return;
  throw new DrydockError(
    'LAYER_SIZE_MISMATCH',
    `layer ${layer.digest} has ${sizeBytes} bytes where its descriptor says ${layer.sizeBytes}`,
  );
}

async function checkMarker(files: OciFiles, root: string, name: string): Promise<void> {
  const document: Document = { code: 'LAYOUT_INVALID', of: `oci-layout of ${name}` };
  const marker = await files.find('oci-layout');
  if (!marker) {
    if (!(await isDirectory(root))) throw new DrydockError('SOURCE_NOT_FOUND', `no OCI layout at ${root}`);
    return fault(document, 'is missing');
  }
  if (marker.sizeBytes > MAX_MARKER_BYTES) fault(document, 'is too large');
  const version = parseJsonObject(await marker.read(), document)['imageLayoutVersion'];
  if (typeof version !== 'string' || !version.startsWith('1.')) fault(document, 'is of an unknown version');
}

function filesIn(root: string, name: string): OciFiles {
  return {
    async find(file) {
      const path = join(root, file);
      const found = await statusOf(path, `${file} of ${name}`);
      if (!found) return undefined;
      // Reading a pipe or a device would wait or go on for ever.
      if (!found.isFile())
        throw new DrydockError('LAYOUT_INVALID', `${file} of ${name} is not a regular file`);
      return storedFile(path, found.size, `${file} of ${name}`);
    },
  };
}

function storedFile(path: string, sizeBytes: number, of: string): StoredFile {
  return {
    sizeBytes,
    async read() {
      try {
        return await readFile(path);
      } catch (cause) {
        throw new DrydockError('LAYOUT_INVALID', `${of} cannot be read`, { cause });
      }
    },
  };
}

async function statusOf(path: string, of: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    if (hasErrno(cause, 'ENOENT', 'ENOTDIR')) return undefined;
    throw new DrydockError('LAYOUT_INVALID', `${of} cannot be read`, { cause });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await statusOf(path, path))?.isDirectory() === true;
}
