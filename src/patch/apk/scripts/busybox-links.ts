import type { Signal } from '../../../base/signal.ts';
import type { MergedTree } from '../../embedded/unpack/merged-tree.ts';
import type { RootView } from '../../root/root-view.ts';
import type { ApkUpgrade, FileOwner } from '../unpack/unpacking.ts';

const BUSYBOX = 'bin/busybox';
/** What BusyBox says of its programs: one path a line, without a leading slash. */
const LIST = 'etc/busybox-paths.d/busybox';
const LINK = '/bin/busybox';
const FOLDERS = ['bin', 'sbin', 'usr/bin', 'usr/sbin'];
const MAX_LIST_BYTES = 1 << 20;
const MAX_BUSYBOX_BYTES = 64 << 20;
const MAX_TABLE_BYTES = 64 << 10;

export interface LinkWriting extends Signal {
  readonly root: RootView;
  readonly tree: MergedTree;
  /** That of BusyBox itself, where it is replaced. */
  readonly upgrade: ApkUpgrade | undefined;
  readonly owners: ReadonlyMap<string, FileOwner>;
  readonly sourceDateEpoch: number;
}

/** Why the links cannot be made as BusyBox would make them; undefined where they can. */
export async function linkRefusal(
  upgrade: ApkUpgrade | undefined,
  root: RootView,
  { signal }: Signal,
): Promise<string | undefined> {
  if (root.entry('bin/bbsuid')) return '/bin/bbsuid would make its links anew';
  const brought = upgrade?.file.payload.find(({ path }) => path === LIST);
  if (!upgrade || brought) return undefined;
  // Before the list there was, the names stand in the program alone.
  const next = upgrade.file.payload.find(({ path }) => path === BUSYBOX)?.content;
  const before = await root.read([BUSYBOX], { maxBytes: MAX_BUSYBOX_BYTES, signal });
  const [now, then] = [programsIn(next), programsIn(before.get(BUSYBOX))];
  if (now === undefined || then === undefined) return 'the programs of busybox are not known';
  return now === then ? undefined : 'busybox has other programs than before';
}

/** The table of names in the program: each ends with a zero, and the first two are `[` and `[[`. */
function programsIn(program: Uint8Array | undefined): string | undefined {
  if (!program) return undefined;
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.length);
  const start = bytes.indexOf('[\0[[\0', 0, 'latin1');
  if (start < 0) return undefined;
  const end = bytes.indexOf('\0\0', start, 'latin1');
  return end < 0 || end - start > MAX_TABLE_BYTES ? undefined : bytes.toString('latin1', start, end);
}

/**
 * The links by which programs of BusyBox are called: those of programs that it has no more go, those that are missing
 * come. Nothing takes the place of what lies there.
 */
export async function writeLinks(writing: LinkWriting): Promise<void> {
  const { root, tree, upgrade, owners, sourceDateEpoch, signal } = writing;
  const brought = upgrade?.file.payload.find(({ path }) => path === LIST)?.content;
  const kept = brought ?? (await root.read([LIST], { maxBytes: MAX_LIST_BYTES, signal })).get(LIST);
  if (!kept) return;
  const wanted = new Set(pathsIn(Buffer.from(kept).toString('utf8')));
  if (upgrade) removeStale(wanted, tree, owners);
  for (const path of [...wanted].sort()) {
    const place = tree.place(path);
    const folder = place?.slice(0, Math.max(0, place.lastIndexOf('/')));
    if (place === undefined || tree.entry(place) || tree.entry(folder ?? '')?.type !== 'directory') continue;
    const common = { kind: 'write', path: place, type: 'symlink', mode: 0o777, uid: 0, gid: 0 } as const;
    tree.write({ ...common, mtime: sourceDateEpoch, target: LINK });
  }
}

function removeStale(
  wanted: ReadonlySet<string>,
  tree: MergedTree,
  owners: ReadonlyMap<string, FileOwner>,
): void {
  const places = new Set([...wanted].map((path) => tree.place(path)));
  // Folders that are links themselves are not gone into.
  for (const folder of FOLDERS.filter((path) => tree.entry(path)?.type === 'directory')) {
    for (const name of tree.list(folder)) {
      const path = `${folder}/${name}`;
      const { type, target } = tree.entry(path) ?? {};
      if (type === 'symlink' && target === LINK && !places.has(path) && !owners.has(path)) tree.remove(path);
    }
  }
}

function pathsIn(text: string): string[] {
  return text
    .split('\n')
    .filter((path) =>
      FOLDERS.some((folder) => path.startsWith(`${folder}/`) && isName(path.slice(folder.length + 1))),
    );
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !name.includes('/') && name.length < 256;
}
