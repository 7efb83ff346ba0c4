import type { FileResult } from '../../analysis/analyzer.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages, type LockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';

/** The packages of a `conan.lock`: a graph before Conan 2, lists since. */
export function parseConanLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the lock file of Conan is not a JSON object');
  const packages = openLockedPackages('conan', 'conan', path);
  const nodes = recordOf(own(recordOf(own(lock, 'graph_lock')), 'nodes'));
  if (nodes) readGraph(nodes, text, packages);
  else readLists(lock, text, packages);
  return packages.result();
}

interface Reference {
  readonly name: string;
  readonly version: string;
}

/** `name/version[@user/channel][#revision][%time]` */
function referenceIn(value: unknown): Reference | undefined {
  if (typeof value !== 'string') return undefined;
  const [name, version] = (value.split(/[@#%]/, 1)[0] ?? '').split('/', 2);
  return name && version ? { name, version } : undefined;
}

/** Node `0` is the project itself, where it has no reference of its own. */
function readGraph(nodes: JsonRecord, text: string, packages: LockedPackages): void {
  const lines = linesOfEntries(text, ['graph_lock', 'nodes', '*']);
  const direct = new Set(idsIn(own(recordOf(own(nodes, '0')), 'requires')));
  const references = new Map<string, Reference>();
  for (const [key, value] of Object.entries(nodes)) {
    const reference = key === '0' ? undefined : referenceIn(own(recordOf(value), 'ref'));
    if (reference) references.set(key, reference);
  }
  for (const [key, reference] of references) {
    const relationship = direct.has(key) ? 'direct' : 'indirect';
    const id = packages.add({ ...reference, relationship, lines: lines.get(key) });
    if (id === undefined) continue;
    const needed = idsIn(own(recordOf(own(nodes, key)), 'requires')).flatMap(
      (one) => references.get(one) ?? [],
    );
    packages.depend(
      id,
      needed.map(({ name, version }) => packageId(name, version)),
    );
  }
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((one) => typeof one === 'string') : [];
}

const LISTS = [
  { key: 'requires', development: false },
  { key: 'build_requires', development: true },
  { key: 'python_requires', development: true },
];

function readLists(lock: JsonRecord, text: string, packages: LockedPackages): void {
  for (const { key, development } of LISTS) {
    const list = own(lock, key);
    if (!Array.isArray(list)) continue;
    const lines = linesOfEntries(text, [key, '*']);
    for (const [index, item] of (list as readonly unknown[]).entries()) {
      const reference = referenceIn(item);
      if (reference) packages.add({ ...reference, development, lines: lines.get(String(index)) });
    }
  }
}
