import { createHash } from 'node:crypto';
import type { RootEntry } from '../../root/root-view.ts';
import type { ApkUnpacking } from './unpacking.ts';

/** Whether what lies in the image is what a checksum of the database says. */
export function isRecorded(
  checksum: string | undefined,
  existing: RootEntry,
  { digests, tree }: Pick<ApkUnpacking, 'digests' | 'tree'>,
): boolean {
  if (checksum === undefined) return false;
  const algorithm = checksum.startsWith('Q2') ? 'sha256' : 'sha1';
  const wanted = Buffer.from(checksum.slice(2), 'base64').toString('hex');
  return wanted !== '' && digestOf(existing, algorithm, { digests, tree }) === wanted;
}

/** Hexadecimal; of a link that of its target. Undefined for folders and special files. */
export function digestOf(
  { path, type, target }: RootEntry,
  algorithm: 'sha1' | 'sha256',
  { digests, tree }: Pick<ApkUnpacking, 'digests' | 'tree'>,
): string | undefined {
  if (type === 'symlink') return hexOf(algorithm, target ?? '');
  const written = tree.written(path);
  const content =
    written?.type === 'hardlink' ? tree.written(written.target ?? '')?.content : written?.content;
  if (content) return hexOf(algorithm, content);
  return written ? undefined : digests.get(path)?.[algorithm];
}

function hexOf(algorithm: string, content: string | Uint8Array): string {
  return createHash(algorithm).update(content).digest('hex');
}
