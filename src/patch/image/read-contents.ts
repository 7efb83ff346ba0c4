import { createHash, type Hash } from 'node:crypto';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { TarVisitor } from '../../codec/tar/walker.ts';
import type { Image } from '../../model/image.ts';
import type { ImageSource } from '../../oci/source.ts';
import type { Inode } from './path-node.ts';
import { readLayer } from './read-layer.ts';

export interface ImageFiles {
  readonly image: Image;
  readonly source: ImageSource;
  /** Links followed. */
  readonly find: (path: string) => Inode | undefined;
}

export interface FileDigests {
  readonly md5: string;
  readonly sha256: string;
  readonly sha1: string;
}

/** What is asked for at once may be much, but it shall not be everything. */
const MAX_TOTAL_BYTES = 2 ** 31;
/** A file with holes is put together in memory. */
const MAX_SPARSE_BYTES = 256 << 20;

/**
 * Contents of regular files by path; what is none is left out.
 * @throws DrydockError ARCHIVE_LIMIT, and what {@link readLayer} throws
 */
export async function readContents(
  files: ImageFiles,
  paths: Iterable<string>,
  { signal, maxBytes }: Signal & { readonly maxBytes: number },
): Promise<ReadonlyMap<string, Uint8Array>> {
  const wanted = wantedFiles(files, paths);
  let total = 0;
  for (const [of, [path = '']] of wanted) {
    total += of.sizeBytes;
    if (of.sizeBytes > maxBytes) throw tooLarge(`${path} in the image`, of.sizeBytes, maxBytes);
    if (total > MAX_TOTAL_BYTES) throw tooLarge('what is read of the image', total, MAX_TOTAL_BYTES);
  }
  const found = new Map<Inode, Uint8Array>();
  for (const of of wanted.keys()) if (of.kept) found.set(of, of.kept);
  await eachLayer(files, wanted.keys(), found, { signal }, (of) => ({
    entry: () => 'whole',
    content: (_entry, content) => void found.set(of, Uint8Array.from(content)),
  }));
  return byPath(wanted, found);
}

/** As {@link readContents}, whatever the size: nothing is held but the sums. */
export async function readDigests(
  files: ImageFiles,
  paths: Iterable<string>,
  { signal }: Signal,
): Promise<ReadonlyMap<string, FileDigests>> {
  const wanted = wantedFiles(files, paths);
  const found = new Map<Inode, FileDigests>();
  for (const of of wanted.keys()) if (of.kept) found.set(of, digestsOf([of.kept]));
  await eachLayer(files, wanted.keys(), found, { signal }, (of) => {
    const sums = startSums();
    return {
      entry(entry) {
        if (!entry.isSparse) return 'pieces';
        if (entry.sizeBytes > MAX_SPARSE_BYTES) throw tooLarge(entry.path, entry.sizeBytes, MAX_SPARSE_BYTES);
        return 'whole';
      },
      content: (_entry, content) => void found.set(of, digestsOf([content])),
      piece(_entry, piece) {
        for (const sum of Object.values(sums)) sum.update(piece);
        return true;
      },
      pieceEnd: () => void found.set(of, finish(sums)),
    };
  });
  return byPath(wanted, found);
}

function wantedFiles({ find }: ImageFiles, paths: Iterable<string>): Map<Inode, string[]> {
  const wanted = new Map<Inode, string[]>();
  for (const path of paths) {
    const of = find(path);
    if (of?.type !== 'file') continue;
    const known = wanted.get(of);
    if (known) known.push(path);
    else wanted.set(of, [path]);
  }
  return wanted;
}

function byPath<T>(
  wanted: ReadonlyMap<Inode, readonly string[]>,
  found: ReadonlyMap<Inode, T>,
): Map<string, T> {
  const result = new Map<string, T>();
  for (const [of, paths] of wanted) {
    const value = found.get(of);
    if (value !== undefined) for (const path of paths) result.set(path, value);
  }
  return result;
}

/** Reads, once each, the layers that hold what has not been found, and hands each wanted member to its own visitor. */
async function eachLayer(
  { image, source }: ImageFiles,
  wanted: Iterable<Inode>,
  found: ReadonlyMap<Inode, unknown>,
  options: Signal,
  visitorFor: (of: Inode) => TarVisitor,
): Promise<void> {
  const byLayer = new Map<number, Map<number, Inode>>();
  for (const of of wanted) {
    if (found.has(of)) continue;
    const members = byLayer.get(of.layer) ?? new Map<number, Inode>();
    members.set(of.member, of);
    byLayer.set(of.layer, members);
  }
  for (const [index, members] of byLayer) {
    const layer = image.layers[index];
    // The view was made by reading it.
    if (layer)
      await readLayer(image, layer, source, membersOnly(members, visitorFor), { ...options, isKnown: true });
  }
}

function membersOnly(members: ReadonlyMap<number, Inode>, visitorFor: (of: Inode) => TarVisitor): TarVisitor {
  let member = -1;
  let current: TarVisitor | undefined;
  return {
    entry(entry) {
      const of = members.get(++member);
      current = of && visitorFor(of);
      return current?.entry(entry) ?? false;
    },
    content: (entry, content) => current?.content(entry, content),
    piece: (entry, piece) => current?.piece?.(entry, piece) ?? false,
    pieceEnd: (entry) => current?.pieceEnd?.(entry),
  };
}

function startSums(): Record<keyof FileDigests, Hash> {
  return { md5: createHash('md5'), sha256: createHash('sha256'), sha1: createHash('sha1') };
}

function finish(sums: Record<keyof FileDigests, Hash>): FileDigests {
  return { md5: sums.md5.digest('hex'), sha256: sums.sha256.digest('hex'), sha1: sums.sha1.digest('hex') };
}

function digestsOf(pieces: readonly Uint8Array[]): FileDigests {
  const sums = startSums();
  for (const piece of pieces) for (const sum of Object.values(sums)) sum.update(piece);
  return finish(sums);
}

function tooLarge(what: string, bytes: number, most: number): DrydockError {
  return new DrydockError('ARCHIVE_LIMIT', `${what} has ${bytes} bytes, more than the ${most} that are read`);
}
