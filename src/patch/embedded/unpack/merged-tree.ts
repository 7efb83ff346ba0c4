import { linkTargetPath } from '../../../codec/tar/path.ts';
import type { LayerChange, RootEntry, RootView } from '../../root/root-view.ts';

export type WriteChange = Extract<LayerChange, { kind: 'write' }>;

/** An image's root with what has been changed so far laid over it. */
export interface MergedTree {
  readonly entry: (path: string) => RootEntry | undefined;
  readonly resolve: (path: string) => RootEntry | undefined;
  readonly place: (path: string) => string | undefined;
  readonly list: (path: string) => readonly string[];
  /** What was written there in this run. */
  written(path: string): WriteChange | undefined;
  /** `path` is where it really lies (see `place`); what lay there goes, folders with all they hold. */
  write(change: WriteChange): void;
  remove(path: string): void;
  /** In byte order of paths, each once. */
  changes(): LayerChange[];
}

const MAX_LINKS = 40;

export function layOver(root: RootView): MergedTree {
  const writes = new Map<string, WriteChange>();
  const removed = new Set<string>();
  /** Names written into a folder, by folder. */
  const added = new Map<string, Set<string>>();

  /** What is below a thing that is gone, or that is no folder any more, is gone. */
  function isHidden(path: string): boolean {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const above = path.slice(0, at);
      if (removed.has(above)) return true;
      const change = writes.get(above);
      if (change && change.type !== 'directory') return true;
    }
    return false;
  }

  function entry(path: string): RootEntry | undefined {
    if (removed.has(path)) return undefined;
    const change = writes.get(path);
    if (change) return toRootEntry(change);
    return isHidden(path) ? undefined : root.entry(path);
  }

  /** Undefined where a link leads in a circle. */
  function follow(path: string, isLastFollowed: boolean): string | undefined {
    let rest = path.split('/').filter((part) => part !== '');
    let links = 0;
    let at = '';
    for (let i = 0; i < rest.length; i++) {
      const next = at === '' ? (rest[i] as string) : `${at}/${rest[i]}`;
      const found = entry(next);
      const isLast = i === rest.length - 1;
      if (found?.type === 'symlink' && (!isLast || isLastFollowed)) {
        if (++links > MAX_LINKS) return undefined;
        const target = linkTargetPath(next, found.target ?? '');
        rest = [...target.split('/').filter((part) => part !== ''), ...rest.slice(i + 1)];
        i = -1;
        at = '';
      } else at = next;
    }
    return at;
  }

  function list(path: string): readonly string[] {
    const names = new Set(entry(path)?.type === 'directory' && !isHidden(path) ? root.list(path) : []);
    for (const name of added.get(path) ?? []) names.add(name);
    const prefix = path === '' ? '' : `${path}/`;
    return [...names].filter((name) => entry(prefix + name) !== undefined).sort();
  }

  function remove(path: string): void {
    if (entry(path)?.type === 'directory') for (const name of list(path)) remove(`${path}/${name}`);
    writes.delete(path);
    if (root.entry(path)) removed.add(path);
  }

  return {
    entry,
    list,
    remove,
    place: (path) => follow(path, false),
    resolve(path) {
      const place = follow(path, true);
      return place === undefined ? undefined : entry(place);
    },
    written: (path) => writes.get(path),
    write(change) {
      const { path } = change;
      if (change.type !== 'directory' && entry(path)?.type === 'directory') remove(path);
      removed.delete(path);
      writes.set(path, change);
      const slash = path.lastIndexOf('/');
      const folder = path.slice(0, Math.max(0, slash));
      const names = added.get(folder);
      if (names) names.add(path.slice(slash + 1));
      else added.set(folder, new Set([path.slice(slash + 1)]));
    },
    changes() {
      const gone = [...removed].filter((path) => !isHidden(path));
      const found: LayerChange[] = [
        ...gone.map((path) => ({ kind: 'remove', path }) as const),
        ...[...writes.values()].filter((change) => !isHidden(change.path) && !isAsBefore(change, root)),
      ];
      return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    },
  };
}

/** A folder that went and came again. */
function isAsBefore({ path, type, mode, uid, gid }: WriteChange, root: RootView): boolean {
  const before = root.entry(path);
  if (type !== 'directory' || before?.type !== 'directory') return false;
  return before.mode === mode && before.uid === uid && before.gid === gid;
}

/** A layer of its own, above all others. */
const WRITTEN_LAYER = -1;
const NONE: ReadonlyMap<string, Uint8Array> = new Map();

function toRootEntry(change: WriteChange): RootEntry {
  const { path, type, mode, uid, gid, mtime, target, xattrs = NONE, content } = change;
  const sizeBytes = content?.length ?? 0;
  return {
    path,
    type,
    mode,
    uid,
    gid,
    mtime,
    sizeBytes,
    xattrs,
    layer: WRITTEN_LAYER,
    ...(target !== undefined && { target }),
  };
}
