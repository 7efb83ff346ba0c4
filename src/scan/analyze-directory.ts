import { constants, type Stats } from 'node:fs';
import { lstat, open, opendir, readlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { openTreeAnalyzer, type TreeAnalyzer } from '../analysis/analyze-tree.ts';
import { applyLayers } from '../analysis/apply-layers.ts';
import { sha256Of } from '../base/digest.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { EntryKind, TarEntry } from '../codec/tar/walker.ts';
import type { Diagnostic, Inventory, LayerAnalysis } from '../model/analysis.ts';
import type { Digest, Image } from '../model/image.ts';
import { chooseAnalyzers, type ChosenAnalyzers } from './analyzers.ts';

const PIECE_BYTES = 512 << 10;
/** Not files of the system but views of the running kernel. */
const KERNEL_VIEWS: ReadonlySet<string> = new Set(['/proc', '/sys', '/dev']);

/**
 * The inventory of a directory, a root file system or a tree of sources. Links are never followed out of it: they are resolved inside
 * the root, as in a layer. What may not be read is said.
 *
 * @throws DrydockError SOURCE_NOT_FOUND when it is no directory
 */
export async function analyzeDirectory(
  root: string,
  name: string,
  analyzers: ChosenAnalyzers,
  { signal }: Signal,
): Promise<{ image: Image; inventory: Inventory }> {
  const stat = await lstatOf(root);
  if (!stat?.isDirectory()) throw new DrydockError('SOURCE_NOT_FOUND', `${root} is not a directory`);
  const own = (await isInstalledSystem(root, analyzers)) ? analyzers : await sourceAnalyzers(analyzers);
  const tree = openTreeAnalyzer(own.list);
  const unread: Diagnostic[] = [];
  await walk({ root, tree, unread, signal }, '');
  const contents = tree.finish();
  const diffId = sha256Of(JSON.stringify(contents));
  const analysis: LayerAnalysis = {
    schema: 1,
    diffId,
    analyzers: own.fingerprint,
    sizeBytes: 0,
    ...contents,
    diagnostics: [...contents.diagnostics, ...unread],
  };
  const merged = applyLayers([{ digest: diffId, analysis }], own.list);
  // A directory has no layers to attribute anything to.
  const packages = merged.packages.map(({ layer: _, ...pkg }) => pkg);
  return { image: imageOf(name, diffId), inventory: { ...merged, packages, layerSizes: {} } };
}

/** A directory that holds a package database or a release file is the root of a system; any other holds sources. */
async function isInstalledSystem(root: string, { list }: ChosenAnalyzers): Promise<boolean> {
  const places = list.flatMap(({ usualPlaces }) => usualPlaces ?? []);
  const found = await Promise.all(places.map((place) => lstatOf(join(root, place))));
  return found.some((stat) => stat !== undefined);
}

function sourceAnalyzers({ choice }: ChosenAnalyzers): Promise<ChosenAnalyzers> {
  return chooseAnalyzers({ ...choice, subject: 'source' });
}

interface Walk extends Signal {
  readonly root: string;
  readonly tree: TreeAnalyzer;
  readonly unread: Diagnostic[];
}

async function walk(walk: Walk, directory: string): Promise<void> {
  const pending = [directory];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    try {
      for await (const child of await opendir(join(walk.root, at))) {
        walk.signal.throwIfAborted();
        const path = at === '' ? child.name : `${at}/${child.name}`;
        if (KERNEL_VIEWS.has(join(walk.root, path))) continue;
        const kind = await visit(walk, path);
        if (kind === 'directory') pending.push(path);
      }
    } catch (error) {
      if (walk.signal.aborted) throw error;
      walk.unread.push(unreadable(at, error));
    }
  }
}

async function visit({ root, tree, unread }: Walk, path: string): Promise<EntryKind | undefined> {
  const file = join(root, path);
  const stat = await lstatOf(file);
  if (!stat) return undefined; // gone since the directory was listed
  const kind: EntryKind = stat.isFile()
    ? 'file'
    : stat.isDirectory()
      ? 'directory'
      : stat.isSymbolicLink()
        ? 'symlink'
        : 'other';
  const entry: TarEntry = {
    path,
    kind,
    sizeBytes: stat.size,
    mode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
    ...(kind === 'symlink' && { linkTarget: await readlink(file).catch(() => '') }), // gone meanwhile
  };
  const wish = tree.entry(entry);
  if (!wish || kind !== 'file') return kind;
  try {
    if (wish === 'pieces') await readPieces(file, (piece) => tree.piece(entry, piece));
    else tree.content(entry, await readWhole(file, stat.size));
  } catch (error) {
    unread.push(unreadable(path, error));
  }
  if (wish === 'pieces') tree.pieceEnd(entry);
  return kind;
}

async function readPieces(path: string, take: (piece: Uint8Array) => boolean): Promise<void> {
  const file = await openFile(path);
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let isWanted = true; isWanted;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      isWanted = take(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Not through a link that was put there meanwhile. */
function openFile(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** No more than the size that was accepted. */
async function readWhole(path: string, sizeBytes: number): Promise<Uint8Array> {
  const file = await openFile(path);
  try {
    const buffer = Buffer.alloc(sizeBytes);
    let fill = 0;
    while (fill < sizeBytes) {
      const { bytesRead } = await file.read(buffer, fill, sizeBytes - fill, fill);
      if (bytesRead === 0) break;
      fill += bytesRead;
    }
    return buffer.subarray(0, fill);
  } finally {
    await file.close();
  }
}

async function lstatOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch {
    return undefined; // absent or out of reach: the caller says what that means
  }
}

function unreadable(path: string, error: unknown): Diagnostic {
  return { code: 'FILE_UNREADABLE', by: 'directory', path, message: messageOf(error) };
}

function imageOf(name: string, digest: Digest): Image {
  return {
    name,
    kind: 'filesystem',
    digest,
    configDigest: digest,
    platform: { os: 'linux', architecture: 'unknown' },
    config: {
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers: [],
    repoTags: [],
    repoDigests: [],
  };
}
