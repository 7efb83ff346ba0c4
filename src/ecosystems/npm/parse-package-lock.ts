import type { FileResult } from '../../analysis/analyzer.ts';
import { KEY_SEPARATOR, linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages, type LockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { directoryOf, type LockFile } from '../source-tree.ts';
import { aliased, directNames, manifestAt, rangesIn, toManifest } from './manifest.ts';

const MODULES = 'node_modules/';
/** Deeper trees of folders than any that a file system takes. */
const MAX_PATH_CHARS = 4096;
const MAX_DEPTH = 64;
/** Characters that are looked at to find out what depends on what; those of real files are a tenth. */
const MAX_LOOKED_AT = 300_000_000;
/** Lines are looked up once for each depth. */
const MAX_DEPTH_WITH_LINES = 8;

/**
 * The packages that `package-lock.json` or `npm-shrinkwrap.json` settles on.
 *
 * @see https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 */
export function parsePackageLock(file: LockFile): FileResult | undefined {
  const text = textOf(file.content);
  const parsed = parseJson(text);
  const lock = recordOf(parsed?.value);
  if (!parsed || !lock) return damaged('the lock file of npm is not a JSON object');
  const packages = openLockedPackages('npm', 'npm', file.path);
  const folders = recordOf(own(lock, 'packages'));
  const tree = recordOf(own(lock, 'dependencies'));
  if (folders) readFolders(folders, text, packages);
  else if (tree)
    readNested(tree, text, packages, directNames(listOf(manifestAt(file.tree, beside(file.path)))));
  return packages.result();
}

function beside(path: string): string {
  return `${directoryOf(path)}package.json`;
}

function listOf<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

interface Folder {
  readonly path: string;
  readonly record: JsonRecord;
  readonly isWorkspace: boolean;
}

/** Since npm 7: an entry for each folder that npm fills, and for each of the workspaces. */
function readFolders(entries: JsonRecord, text: string, packages: LockedPackages): void {
  const lines = linesOfEntries(text, ['packages', '*']);
  const targets = linkTargets(entries);
  const folders = foldersIn(entries, new Set(targets.values()));
  const resolve = openResolver(entries, targets);
  const direct = directFolders(entries, folders, resolve);
  const ids = new Map<string, string>();
  for (const { path, record, isWorkspace } of folders) {
    const id = packages.add({
      name: own(record, 'name') ?? nameOfFolder(path),
      version: own(record, 'version'),
      relationship: isWorkspace ? 'workspace' : direct.has(path) ? 'direct' : 'indirect',
      development: own(record, 'dev') === true,
      lines: lines.get(path),
      licenses: [own(record, 'license')],
    });
    if (id !== undefined) ids.set(path, id);
  }
  for (const { path, record } of folders) {
    const id = ids.get(path);
    if (id === undefined) continue;
    const names = rangesIn(record, ['dependencies', 'optionalDependencies']).keys();
    packages.depend(
      id,
      [...names].flatMap((name) => listOf(ids.get(resolve(path, name) ?? ''))),
    );
  }
}

/** Links stand in `node_modules` for folders elsewhere. */
function linkTargets(entries: JsonRecord): Map<string, string> {
  const targets = new Map<string, string>();
  for (const [path, value] of Object.entries(entries)) {
    const record = recordOf(value);
    const target = own(record, 'resolved');
    if (own(record, 'link') === true && typeof target === 'string') targets.set(path, target);
  }
  return targets;
}

function foldersIn(entries: JsonRecord, linked: ReadonlySet<string>): Folder[] {
  return Object.entries(entries).flatMap(([path, value]) => {
    const record = recordOf(value);
    const isWorkspace = linked.has(path);
    const isFilled = path.startsWith(MODULES) || path.includes(`/${MODULES}`);
    if (!record || path === '' || path.length > MAX_PATH_CHARS || own(record, 'link') === true) return [];
    return isFilled || isWorkspace ? [{ path, record, isWorkspace }] : [];
  });
}

/** What the root and the workspaces ask for themselves. */
function directFolders(entries: JsonRecord, folders: readonly Folder[], resolve: Resolve): Set<string> {
  const importers = [
    { path: '', record: recordOf(own(entries, '')) },
    ...folders.filter((one) => one.isWorkspace),
  ];
  return new Set(
    importers.flatMap(({ path, record }) => {
      const names = record
        ? [...directNames([toManifest(record)]), ...rangesIn(record, ['peerDependencies']).keys()]
        : [];
      return names.flatMap((name) => listOf(resolve(path, name)));
    }),
  );
}

/** The folder that Node.js would find the name in, seen from another folder. */
type Resolve = (from: string, name: string) => string | undefined;

function openResolver(entries: JsonRecord, targets: ReadonlyMap<string, string>): Resolve {
  let left = MAX_LOOKED_AT;
  return (from, name) => {
    for (let base: string | undefined = from; base !== undefined && left > 0; base = folderAbove(base)) {
      const path = base === '' ? `${MODULES}${name}` : `${base}/${MODULES}${name}`;
      left -= path.length;
      if (Object.hasOwn(entries, path)) return targets.get(path) ?? path;
    }
    return undefined;
  };
}

function folderAbove(path: string): string | undefined {
  if (path === '') return undefined;
  const at = path.lastIndexOf(`/${MODULES}`);
  return at < 0 ? '' : path.slice(0, at);
}

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
function nameOfFolder(path: string): string {
  const at = path.lastIndexOf(MODULES);
  return at < 0 ? path.slice(path.lastIndexOf('/') + 1) : path.slice(at + MODULES.length);
}

interface Nested {
  readonly entries: JsonRecord;
  readonly above: Nested | undefined;
  /** Names on the way here. */
  readonly way: readonly string[];
}

/** Before npm 7: each package holds those that are put into its own folder. */
function readNested(
  root: JsonRecord,
  text: string,
  packages: LockedPackages,
  direct: ReadonlySet<string>,
): void {
  const lines = linesByDepth(text);
  const steps = { left: MAX_STEPS };
  const waiting: Nested[] = [{ entries: root, above: undefined, way: [] }];
  for (let scope = waiting.pop(); scope; scope = waiting.pop()) {
    for (const [key, value] of Object.entries(scope.entries)) {
      const record = recordOf(value);
      if (!record) continue;
      const way = [...scope.way, key];
      const isTop = scope.way.length === 0;
      const id = packages.add({
        ...nestedIdentity(key, record),
        relationship: direct.size === 0 ? undefined : isTop && direct.has(key) ? 'direct' : 'indirect',
        development: own(record, 'dev') === true,
        lines: lines(way),
      });
      const inner = recordOf(own(record, 'dependencies'));
      const inside = inner && { entries: inner, above: scope, way };
      if (inside && way.length < MAX_DEPTH) waiting.push(inside);
      else if (inside)
        packages.diagnostics.add('PACKAGE_LIMIT', `packages more than ${MAX_DEPTH} deep are left out`);
      if (id !== undefined) packages.depend(id, requiredBy(record, inside ?? scope, steps));
    }
  }
}

function nestedIdentity(key: string, record: JsonRecord | undefined): { name: string; version: unknown } {
  const version = own(record, 'version');
  const alias = typeof version === 'string' ? aliased(version) : undefined;
  return alias ? { name: alias.name, version: alias.range } : { name: key, version };
}

const MAX_STEPS = 50_000_000;

function requiredBy(record: JsonRecord, scope: Nested, steps: { left: number }): string[] {
  return [...rangesIn(record, ['requires']).keys()].flatMap((name) => {
    for (let inner: Nested | undefined = scope; inner && --steps.left > 0; inner = inner.above) {
      const found = recordOf(own(inner.entries, name));
      if (!found) continue;
      const identity = nestedIdentity(name, found);
      return typeof identity.version === 'string' ? [packageId(identity.name, identity.version)] : [];
    }
    return [];
  });
}

function linesByDepth(
  text: string,
): (way: readonly string[]) => { startLine: number; endLine: number } | undefined {
  const known = new Map<number, ReturnType<typeof linesOfEntries>>();
  return (way) => {
    if (way.length > MAX_DEPTH_WITH_LINES) return undefined;
    let lines = known.get(way.length);
    if (!lines) {
      lines = linesOfEntries(
        text,
        way.flatMap(() => ['dependencies', '*']),
      );
      known.set(way.length, lines);
    }
    return lines.get(way.join(KEY_SEPARATOR));
  };
}
