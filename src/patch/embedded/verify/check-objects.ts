import type { Signal } from '../../../base/signal.ts';
import type { LayerChange, RootEntry, RootView } from '../../root/root-view.ts';
import type { MergedTree } from '../unpack/merged-tree.ts';
import { isElf, parseDynamic, type DynamicObject } from './elf-dynamic.ts';
import { findLibrary, linkerFolders } from './linker-view.ts';
import type { Problem } from './problem.ts';

const MAX_OBJECT_BYTES = 512 << 20;
/** Read at once when all objects of an image must be asked. */
const BATCH_BYTES = 128 << 20;
const LIBRARY = /\.so(?:\.[0-9.]+)?$/;

export interface ObjectChecking extends Signal {
  readonly before: RootView;
  readonly after: MergedTree;
  readonly changes: readonly LayerChange[];
}

/** An object with the place where it lies. */
interface Placed extends DynamicObject {
  readonly path: string;
}

/**
 * Every library that a changed object needs is there, with the versions of symbols that it asks for; and no library
 * lost a name or a version that another object of the image needs. What was missing before may be missing still.
 */
export async function checkObjects(checking: ObjectChecking): Promise<Problem[]> {
  const changed = changedObjects(checking.changes);
  const folders = await linkerFolders(checking.before, checking);
  const libraries = new Map<string, DynamicObject | undefined>(
    changed.map((object) => [object.path, object]),
  );
  const asked = changed.flatMap((object) =>
    object.needed.map((name) => ({
      object,
      name,
      found: findLibrary(name, object, folders, checking.after),
    })),
  );
  const old = await readBefore(asked, libraries, checking);
  const problems: Problem[] = [];
  for (const { object, name, found } of asked) {
    if (found === undefined) {
      const was = old.get(object.path);
      const isOld =
        was?.needed.includes(name) === true &&
        findLibrary(name, { ...was, path: object.path }, folders, checking.before) === undefined;
      if (!isOld && !isPrivate(name, object, checking))
        problems.push(problemOf(object.path, `needs ${name}, which is not there`));
      continue;
    }
    const library = libraries.get(found);
    const lacking = library && missingVersion(object, name, library);
    if (lacking !== undefined)
      problems.push(problemOf(object.path, `needs ${lacking} of ${name}, which /${found} has not`));
  }
  return [...problems, ...(await checkDependants(old, changed, folders, checking))];
}

function problemOf(path: string, what: string): Problem {
  return { path, text: `/${path} ${what}` };
}

function changedObjects(changes: readonly LayerChange[]): Placed[] {
  return changes.flatMap((change) => {
    const object = change.kind === 'write' && change.content ? parseDynamic(change.content) : undefined;
    return object ? [{ ...object, path: change.path }] : [];
  });
}

/** Plugins need what the program that loads them brings: a library of that name lies somewhere in the image. */
function isPrivate(name: string, { path }: Placed, { after }: ObjectChecking): boolean {
  const parts = path.split('/');
  for (let length = parts.length - 1; length > 1; length--)
    if (after.resolve(`${parts.slice(0, length).join('/')}/${name}`)) return true;
  return false;
}

function missingVersion(object: DynamicObject, name: string, library: DynamicObject): string | undefined {
  if (library.kind !== object.kind || library.defines.size === 0) return undefined;
  return [...(object.requires.get(name) ?? [])].find((version) => !library.defines.has(version));
}

/** Places of objects as they were: of what changes, and of what goes. */
function oldPaths({ before, changes }: ObjectChecking): string[] {
  return changes.flatMap((change) => {
    const entry = before.entry(change.path);
    if (entry?.type !== 'file' && entry?.type !== 'hardlink') return [];
    return change.kind === 'remove' || (change.content && isElf(change.content)) ? [entry.path] : [];
  });
}

async function objectsAt(
  root: RootView,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, DynamicObject>> {
  const wanted = paths.filter((path) => (root.entry(path)?.sizeBytes ?? 0) <= MAX_OBJECT_BYTES);
  const contents = await root.read(wanted, { maxBytes: MAX_OBJECT_BYTES, signal });
  const found = new Map<string, DynamicObject>();
  for (const [path, content] of contents) {
    const object = parseDynamic(content);
    if (object) found.set(path, object);
  }
  return found;
}

/** Objects as they were; and the libraries that changed ones ask for and that stay, into `libraries`. */
async function readBefore(
  asked: readonly { readonly object: Placed; readonly name: string; readonly found: string | undefined }[],
  libraries: Map<string, DynamicObject | undefined>,
  checking: ObjectChecking,
): Promise<ReadonlyMap<string, DynamicObject>> {
  const { before, after, signal } = checking;
  const unread = new Set<string>();
  for (const { object, name, found } of asked)
    if (found !== undefined && !libraries.has(found) && object.requires.has(name) && !after.written(found))
      unread.add(found);
  const paths = oldPaths(checking);
  // In one go, as each reads the layers.
  const read = await objectsAt(before, [...new Set([...paths, ...unread])], signal);
  for (const path of unread) libraries.set(path, read.get(path));
  const was = new Set(paths);
  return new Map([...read].filter(([path]) => was.has(path)));
}

/** What libraries had and have no more: names by which they were found, and versions by name. */
interface Lost {
  readonly names: ReadonlySet<string>;
  readonly versions: ReadonlyMap<string, ReadonlySet<string>>;
}

async function checkDependants(
  old: ReadonlyMap<string, DynamicObject>,
  changed: readonly Placed[],
  folders: readonly string[],
  checking: ObjectChecking,
): Promise<Problem[]> {
  const lost = lostIn(old, changed, folders, checking);
  if (lost.names.size === 0 && lost.versions.size === 0) return [];
  const written = new Set(checking.changes.map(({ path }) => path));
  const problems: Problem[] = [];
  for await (const [path, object] of allObjects(checking, written)) {
    for (const name of object.needed) {
      const versions = [...(object.requires.get(name) ?? [])];
      const lacking = versions.find((version) => lost.versions.get(name)?.has(version));
      const isGone =
        lost.names.has(name) && findLibrary(name, { ...object, path }, folders, checking.after) === undefined;
      if (isGone) problems.push(problemOf(path, `needs ${name}, which would be gone`));
      else if (lacking !== undefined)
        problems.push(problemOf(path, `needs ${lacking} of ${name}, which would be gone`));
    }
  }
  return problems;
}

function lostIn(
  old: ReadonlyMap<string, DynamicObject>,
  changed: readonly Placed[],
  folders: readonly string[],
  { after }: ObjectChecking,
): Lost {
  const names = new Set<string>();
  const versions = new Map<string, Set<string>>();
  const byPath = new Map(changed.map((object) => [object.path, object]));
  const bySoname = new Map(changed.map((object) => [object.soname, object]));
  for (const [path, { soname, defines }] of old) {
    if (soname === undefined || !LIBRARY.test(path)) continue;
    if (!folders.some((folder) => after.resolve(`${folder}/${soname}`)) && !after.resolve(path))
      names.add(soname);
    const next = byPath.get(path) ?? bySoname.get(soname);
    const gone = [...defines].filter((version) => next && !next.defines.has(version));
    if (gone.length > 0) versions.set(soname, new Set(gone));
  }
  return { names, versions };
}

/** All objects of the image that do not change, some at a time. */
async function* allObjects(
  { before, signal }: ObjectChecking,
  written: ReadonlySet<string>,
): AsyncGenerator<[path: string, object: DynamicObject]> {
  let batch: string[] = [];
  let bytes = 0;
  const isCandidate = ({ path, type, mode, sizeBytes }: RootEntry): boolean =>
    type === 'file' &&
    sizeBytes > 64 &&
    sizeBytes <= MAX_OBJECT_BYTES &&
    !written.has(path) &&
    ((mode & 0o111) !== 0 || LIBRARY.test(path));
  for (const entry of before.entries()) {
    if (!isCandidate(entry)) continue;
    batch.push(entry.path);
    bytes += entry.sizeBytes;
    if (bytes < BATCH_BYTES) continue;
    yield* await objectsAt(before, batch, signal);
    [batch, bytes] = [[], 0];
  }
  yield* await objectsAt(before, batch, signal);
}
