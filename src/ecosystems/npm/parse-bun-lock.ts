import type { FileResult } from '../../analysis/analyzer.ts';
import { plainJson } from '../../codec/jsonc.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { reach } from '../reach.ts';
import { rangesIn, toManifest } from './manifest.ts';

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly asks: JsonRecord | undefined;
  readonly isWorkspace: boolean;
}

/**
 * The packages that a `bun.lock` settles on: JSON with trailing commas, where each entry is a list of
 * `name@version`, the registry, what the package asks for, and a digest.
 *
 * @see https://bun.sh/docs/install/lockfile
 */
export function parseBunLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = plainJson(textOf(content));
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the lock file of Bun is not a JSON object');
  const workspaces = recordOf(own(lock, 'workspaces')) ?? {};
  const entries = entriesOf(recordOf(own(lock, 'packages')) ?? {}, workspaces);
  const resolve = openResolver(entries);
  const next = (key: string): string[] => requiredBy(key, entries, resolve);
  const { direct, development } = standingOf(workspaces, resolve, next);
  const lines = linesOfEntries(text, ['packages', '*']);
  const packages = openLockedPackages('npm', 'bun', path);
  const ids = new Map<string, string>();
  for (const [key, { name, version, isWorkspace }] of entries) {
    const id = packages.add({
      name,
      version,
      relationship: isWorkspace ? 'workspace' : direct.has(key) ? 'direct' : 'indirect',
      development: development.has(key),
      lines: lines.get(key),
    });
    if (id !== undefined) ids.set(key, id);
  }
  for (const [key, id] of ids)
    packages.depend(
      id,
      next(key).flatMap((other) => ids.get(other) ?? []),
    );
  return packages.result();
}

type Entries = ReadonlyMap<string, Entry>;

function entriesOf(packages: JsonRecord, workspaces: JsonRecord): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const seen = new Set<string>();
  for (const [key, value] of Object.entries(packages)) {
    if (!Array.isArray(value) || key.length > MAX_KEY_CHARS) continue;
    const [stated, ...rest] = value as unknown[];
    if (typeof stated !== 'string') continue;
    const at = stated.indexOf('@', 1);
    if (at < 0) continue;
    const [name, version] = [stated.slice(0, at), stated.slice(at + 1)];
    const place = version.startsWith('workspace:') ? version.slice('workspace:'.length) : undefined;
    const workspace = place === undefined ? undefined : recordOf(own(workspaces, place));
    const numbered = own(workspace, 'version');
    // A workspace is one package: of many entries that claim to be it, the first asks for what it asks for.
    const isRepeated = place !== undefined && seen.has(place);
    if (place !== undefined) seen.add(place);
    // Those from a registry have its address second, others do not.
    const asks = isRepeated ? undefined : (workspace ?? rest.map(recordOf).find((one) => one !== undefined));
    entries.set(key, {
      name,
      version: place === undefined ? version : typeof numbered === 'string' ? numbered : '',
      asks,
      isWorkspace: place !== undefined,
    });
  }
  return entries;
}

/** Names on the way to a nested package. */
const MAX_KEY_CHARS = 2048;
const SECTIONS = ['dependencies', 'optionalDependencies'];

function requiredBy(key: string, entries: Entries, resolve: Resolve): string[] {
  const asks = entries.get(key)?.asks;
  return [...rangesIn(asks, SECTIONS).keys()].flatMap((name) => resolve(key, name) ?? []);
}

/** Characters that are looked at to find out what depends on what. */
const MAX_LOOKED_AT = 300_000_000;

/** `a/b` is the `b` that only `a` has; the nearest counts. */
type Resolve = (from: string, name: string) => string | undefined;

function openResolver(entries: Entries): Resolve {
  let left = MAX_LOOKED_AT;
  return (from, name) => {
    for (let base = from; base !== '' && left > 0; base = above(base)) {
      const key = `${base}/${name}`;
      left -= key.length;
      if (entries.has(key)) return key;
    }
    return entries.has(name) ? name : undefined;
  };
}

/** Without its last name, which may have a scope. */
function above(key: string): string {
  const slash = key.lastIndexOf('/');
  if (slash < 0) return '';
  const scope = key.lastIndexOf('/', slash - 1);
  return key.slice(0, key[scope + 1] === '@' ? Math.max(scope, 0) : slash);
}

function standingOf(
  workspaces: JsonRecord,
  resolve: Resolve,
  next: (key: string) => string[],
): { direct: ReadonlySet<string>; development: ReadonlySet<string> } {
  const manifests = Object.values(workspaces).flatMap((value) => {
    const record = recordOf(value);
    return record ? [toManifest(record)] : [];
  });
  const starts = (key: 'runtime' | 'development'): string[] =>
    manifests.flatMap((manifest) =>
      [...manifest[key].keys()].flatMap(
        (name) => resolve(manifest.name?.slice(0, MAX_KEY_CHARS) ?? '', name) ?? [],
      ),
    );
  const runtime = reach(starts('runtime'), next);
  const development = [...reach(starts('development'), next)].filter((key) => !runtime.has(key));
  return {
    direct: new Set([...starts('runtime'), ...starts('development')]),
    development: new Set(development),
  };
}
