import { own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import type { SourceTree } from '../source-tree.ts';

/** What a `package.json` asks for: ranges by name. */
export interface Manifest {
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Needed to run, optional ones among it. */
  readonly runtime: ReadonlyMap<string, string>;
  readonly development: ReadonlyMap<string, string>;
  /** Patterns of directories. */
  readonly workspaces: readonly string[];
}

const MAX_DEPENDENCIES = 5_000;
const MAX_WORKSPACES = 1_000;

/** The manifest in the tree, or undefined where there is none to be read. */
export function manifestAt(tree: SourceTree, path: string | undefined): Manifest | undefined {
  const content = path === undefined ? undefined : tree.get(path);
  const record = content && recordOf(parseJson(textOf(content))?.value);
  return record && toManifest(record);
}

/** Also for what lock files repeat of manifests. */
export function toManifest(record: JsonRecord): Manifest {
  const development = rangesIn(record, ['devDependencies']);
  const runtime = rangesIn(record, ['dependencies', 'optionalDependencies']);
  const text = (key: string): string | undefined => {
    const value = own(record, key);
    return typeof value === 'string' ? value : undefined;
  };
  return {
    name: text('name'),
    version: text('version'),
    runtime,
    development,
    workspaces: workspacesIn(record),
  };
}

/** Of several manifests, as if they were one; what one of them needs to run is needed to run. */
export function directNames(manifests: readonly Manifest[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(({ runtime, development }) => [...runtime.keys(), ...development.keys()]));
}

/** Ranges by name under the keys; other values than texts are left out. */
export function rangesIn(record: JsonRecord | undefined, keys: readonly string[]): Map<string, string> {
  const ranges = new Map<string, string>();
  for (const key of keys) {
    for (const [name, range] of Object.entries(recordOf(own(record, key)) ?? {})) {
      if (ranges.size >= MAX_DEPENDENCIES) return ranges;
      if (typeof range === 'string') ranges.set(name, range);
    }
  }
  return ranges;
}

/** A list, or an object with the list under `packages`. */
function workspacesIn(record: JsonRecord): string[] {
  const value = own(record, 'workspaces');
  const list = Array.isArray(value) ? (value as unknown[]) : own(recordOf(value), 'packages');
  return Array.isArray(list)
    ? (list as unknown[]).filter((one) => typeof one === 'string').slice(0, MAX_WORKSPACES)
    : [];
}

/** `npm:name@range`, by which a package is had under another name. */
export function aliased(range: string): { name: string; range: string } | undefined {
  if (!range.startsWith('npm:')) return undefined;
  const at = range.indexOf('@', 5);
  return at < 0 ? undefined : { name: range.slice(4, at), range: range.slice(at + 1) };
}
