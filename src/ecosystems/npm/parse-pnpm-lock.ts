import type { FileResult } from '../../analysis/analyzer.ts';
import { readPlainYaml } from '../../codec/yaml/plain-yaml.ts';
import type { YamlMap } from '../../codec/yaml/yaml-value.ts';
import { damaged, textOf } from '../json-record.ts';
import { openLockedPackages, type LockedPackages } from '../locked-packages.ts';
import { reach } from '../reach.ts';
import { mapIn, textIn, valueAt } from '../yaml-values.ts';
import { splitPnpmKey } from './pnpm-key.ts';

/**
 * The packages that a `pnpm-lock.yaml` settles on, of any format since 5.
 *
 * @see https://github.com/pnpm/spec/tree/master/lockfile
 */
export function parsePnpmLock(content: Uint8Array, path: string): FileResult | undefined {
  const packages = openLockedPackages('npm', 'pnpm', path);
  // Before the lock file itself there may be another document, for what pnpm needs to run.
  const whole = textOf(content);
  const documents = whole.includes('\n---') ? whole.split(/^---[ \t]*\r?$/m) : [whole];
  for (const text of documents) {
    if (text.trim() === '') continue;
    const lock = mapIn(readPlainYaml(text));
    if (!lock) return damaged('the lock file of pnpm is not YAML');
    readLock(lock, packages);
  }
  return packages.result();
}

/** Entries under `snapshots` since format 9, under `packages` before. */
interface Lock {
  readonly format: number;
  readonly described: YamlMap | undefined;
  readonly entries: ReadonlyMap<string, YamlMap>;
}

function readLock(root: YamlMap, packages: LockedPackages): void {
  const format = Number.parseFloat(textIn(root.entries.get('lockfileVersion')) ?? '');
  const described = mapIn(root.entries.get('packages'));
  const snapshots = mapIn(root.entries.get('snapshots'));
  const lock: Lock = { format, described, entries: mapsIn(snapshots ?? described) };
  const importers = importersOf(root);
  const runtime = keysAskedFor(importers, ['dependencies', 'optionalDependencies'], lock);
  const development = keysAskedFor(importers, ['devDependencies'], lock);
  const known = new Map<string, string[]>();
  const next = (key: string): string[] => {
    const needs = known.get(key) ?? requiredBy(lock.entries.get(key), lock);
    known.set(key, needs);
    return needs;
  };
  const atRuntime = snapshots && reach(runtime, next);
  const inDevelopment = snapshots && reach(development, next);
  const ids = new Map<string, string>();
  for (const [key, entry] of lock.entries) {
    const identity = identityOf(key, lock);
    if (!identity) continue;
    const id = packages.add({
      ...identity,
      relationship: runtime.has(key) || development.has(key) ? 'direct' : 'indirect',
      development: atRuntime
        ? inDevelopment?.has(key) === true && !atRuntime.has(key)
        : entry.entries.get('dev') === 'true',
      lines: described?.entries.has(key) ? mapIn(described.entries.get(key)) : entry,
    });
    if (id !== undefined) ids.set(key, id);
  }
  for (const [key, id] of ids)
    packages.depend(
      id,
      next(key).flatMap((other) => ids.get(other) ?? []),
    );
}

function mapsIn(map: YamlMap | undefined): Map<string, YamlMap> {
  const found = new Map<string, YamlMap>();
  for (const [key, value] of map?.entries ?? []) {
    const inner = mapIn(value);
    if (inner) found.set(key, inner);
  }
  return found;
}

/** The projects of a workspace; of a single one the root itself tells. */
function importersOf(root: YamlMap): YamlMap[] {
  const importers = mapIn(root.entries.get('importers'));
  return importers ? [...mapsIn(importers).values()] : [root];
}

function keysAskedFor(importers: readonly YamlMap[], sections: readonly string[], lock: Lock): Set<string> {
  return new Set(
    importers.flatMap((importer) => sections.flatMap((section) => keysUnder(importer, section, lock))),
  );
}

function requiredBy(entry: YamlMap | undefined, lock: Lock): string[] {
  return [...keysUnder(entry, 'dependencies', lock), ...keysUnder(entry, 'optionalDependencies', lock)];
}

function keysUnder(holder: YamlMap | undefined, section: string, lock: Lock): string[] {
  const asked = mapIn(holder?.entries.get(section))?.entries ?? [];
  return [...asked].flatMap(([name, value]) => {
    const version = textIn(value) ?? textIn(valueAt(value, 'version'));
    return version === undefined ? [] : (keyOf(name, version, lock) ?? []);
  });
}

/** A version, or the key of another package that goes by this name. */
function keyOf(name: string, version: string, { format, entries }: Lock): string | undefined {
  const usual =
    format >= 9 ? `${name}@${version}` : format >= 6 ? `/${name}@${version}` : `/${name}/${version}`;
  return [usual, version].find((key) => entries.has(key));
}

/** Packages from elsewhere than a registry say in the entry what they are. */
function identityOf(key: string, { format, described }: Lock): { name: string; version: string } | undefined {
  const split = splitPnpmKey(key, format);
  const entry = mapIn(described?.entries.get(key) ?? described?.entries.get(split?.bare ?? ''));
  const name = textIn(entry?.entries.get('name')) ?? split?.name;
  const version = textIn(entry?.entries.get('version')) ?? split?.version;
  // Neither a name nor a version is told of what lies on the disk.
  return name === undefined || version === undefined ? undefined : { name, version };
}
