import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { LayerChange, RootEntry, RootView } from '../root/root-view.ts';
import type { TarMember } from './tar-member.ts';

/** A member with its content. */
export interface LayerMember extends TarMember {
  readonly content?: Uint8Array | undefined;
}

type Write = Extract<LayerChange, { kind: 'write' }>;

const WHITEOUT = '.wh.';
/** Of a file that a new link makes us write again. */
const MAX_LINKED_BYTES = 1 << 30;

/**
 * Everything that a layer of these changes holds, in the order of its paths: the parents too, as they are in the merged
 * view, since some runtimes invent parents that a layer does not name.
 *
 * @param latest times after this are set to it, in seconds since 1970
 * @throws DrydockError INTERNAL for changes that cannot be in one layer; what `view.read` throws
 */
export async function layerMembers(
  changes: readonly LayerChange[],
  view: RootView,
  latest: number,
  options: Signal,
): Promise<LayerMember[]> {
  const writes = await withLinked(writesOf(changes), view, options);
  const members = new Map<string, LayerMember>();
  for (const write of writes.values()) members.set(write.path, memberOf(write, latest));
  orderLinks(members);
  for (const path of removals(changes, writes, view)) {
    const member = whiteout(path, latest);
    members.set(member.path, member);
  }
  for (const path of [...members.keys()]) addParents(path, members, view, latest);
  return [...members.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function writesOf(changes: readonly LayerChange[]): Map<string, Write> {
  const writes = new Map<string, Write>();
  for (const change of changes) {
    if (change.kind !== 'write') continue;
    checkPath(change.path);
    writes.set(change.path, change);
  }
  return writes;
}

/** The engines make these paths; one that is wrong shall not become a layer that does something else. */
function checkPath(path: string): void {
  const isSound = path
    .split('/')
    .every((name) => name !== '' && name !== '.' && name !== '..' && !name.startsWith(WHITEOUT));
  if ((path !== '' && !isSound) || path.includes('\0')) {
    throw new DrydockError('INTERNAL', `not a path that a layer can write: ${JSON.stringify(path)}`);
  }
}

/** A link to a file of a lower layer would point to nothing in the layer's own folder, so the file comes along. */
async function withLinked(
  writes: Map<string, Write>,
  view: RootView,
  { signal }: Signal,
): Promise<Map<string, Write>> {
  const lacking = new Set<string>();
  for (const { type, path, target = '' } of writes.values()) {
    if (type !== 'hardlink' || writes.has(target)) continue;
    if (!isFile(view.entry(target))) throw danglingLink(path, target);
    lacking.add(target);
  }
  if (lacking.size === 0) return writes;
  const contents = await view.read(lacking, { signal, maxBytes: MAX_LINKED_BYTES });
  for (const path of lacking) {
    const [entry, content] = [view.entry(path), contents.get(path)];
    if (!entry || !content) throw danglingLink(path, path);
    const { mode, uid, gid, mtime, xattrs } = entry;
    writes.set(path, { kind: 'write', path, type: 'file', mode, uid, gid, mtime, xattrs, content });
  }
  return writes;
}

/** Of several names of one file all but one are told as links. */
function isFile(entry: RootEntry | undefined): boolean {
  return entry?.type === 'file' || entry?.type === 'hardlink';
}

function danglingLink(path: string, target: string): DrydockError {
  return new DrydockError('INTERNAL', `hard link ${path} leads to ${target}, which is no file of the image`);
}

function memberOf(write: Write, latest: number): LayerMember {
  const { path, type, mode, uid, gid, mtime, target, xattrs, device, content } = write;
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime: clamped(mtime, latest),
    target,
    xattrs,
    device,
    sizeBytes: type === 'file' ? (content?.length ?? 0) : 0,
    content: type === 'file' ? content : undefined,
  };
}

function clamped(mtime: number, latest: number): number {
  return Math.max(0, Math.min(Math.floor(mtime), latest));
}

/** Of all names of one file the first in the layer is the file, since a link must come behind what it links to. */
function orderLinks(members: Map<string, LayerMember>): void {
  const names = new Map<string, LayerMember[]>();
  for (const member of members.values()) {
    if (member.type !== 'hardlink') continue;
    const target = fileBehind(member, members).path;
    names.set(target, [...(names.get(target) ?? []), member]);
  }
  for (const [target, links] of names) {
    const file = members.get(target);
    if (!file) continue;
    const [first = target, ...others] = [target, ...links.map(({ path }) => path)].sort();
    members.set(first, { ...file, path: first });
    for (const path of others) {
      members.set(path, {
        ...file,
        path,
        type: 'hardlink',
        target: first,
        sizeBytes: 0,
        content: undefined,
        xattrs: undefined,
      });
    }
  }
}

function fileBehind(link: LayerMember, members: ReadonlyMap<string, LayerMember>): LayerMember {
  let at = link;
  for (let steps = 0; at.type === 'hardlink'; steps++) {
    const next = members.get(at.target ?? '');
    if (!next || steps > 40 || next.type === 'directory') throw danglingLink(link.path, at.target ?? '');
    at = next;
  }
  return at;
}

/** What has to be hidden, the topmost only. */
function removals(
  changes: readonly LayerChange[],
  writes: ReadonlyMap<string, Write>,
  view: RootView,
): Set<string> {
  const removed = new Set<string>();
  const left = changes.flatMap((change) => (change.kind === 'remove' ? [change.path] : []));
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    checkPath(path);
    const below = view.entry(path);
    if (path === '' || !below) continue;
    const write = writes.get(path);
    // What is written hides what is there, but a directory lets it shine through.
    if (!write) removed.add(path);
    else if (write.type === 'directory' && below.type === 'directory') {
      for (const name of view.list(path)) left.push(`${path}/${name}`);
    }
  }
  for (const path of removed) {
    const parents = parentsOf(path);
    const isHidden = parents.some((parent) => {
      const type = writes.get(parent)?.type;
      return removed.has(parent) || (type !== undefined && type !== 'directory');
    });
    if (isHidden) removed.delete(path);
  }
  return removed;
}

function whiteout(path: string, latest: number): LayerMember {
  const slash = path.lastIndexOf('/') + 1;
  return {
    path: `${path.slice(0, slash)}${WHITEOUT}${path.slice(slash)}`,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: latest,
    sizeBytes: 0,
  };
}

/** From the root's child down. */
function parentsOf(path: string): string[] {
  const names = path.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}

function addParents(path: string, members: Map<string, LayerMember>, view: RootView, latest: number): void {
  for (const parent of parentsOf(path)) {
    const known = members.get(parent);
    if (known?.type === 'directory') continue;
    const there = view.entry(parent);
    if (known || (there && there.type !== 'directory')) {
      throw new DrydockError('INTERNAL', `${path} would be written below ${parent}, which is no directory`);
    }
    members.set(parent, {
      path: parent,
      type: 'directory',
      mode: there?.mode ?? 0o755,
      uid: there?.uid ?? 0,
      gid: there?.gid ?? 0,
      mtime: clamped(there?.mtime ?? latest, latest),
      xattrs: there?.xattrs,
      sizeBytes: 0,
    });
  }
}
