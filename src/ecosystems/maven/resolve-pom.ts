import { pathFrom, directoryOf } from '../source-tree.ts';
import type { Pom, PomDependency } from './read-pom.ts';

/** Finds the projects of one source tree. */
export interface PomTree {
  at(path: string): Pom | undefined;
  /** The path of a project by its coordinates. */
  find(group: string, artifact: string): string | undefined;
}

/** A project with all that it inherits from others of its tree. */
export interface EffectivePom {
  /** Texts with the project's properties put in, as far as they are known. */
  readonly fill: (text: string | undefined) => string | undefined;
  readonly dependencies: readonly PomDependency[];
  /** Of `dependencyManagement`, imported ones among it, by `group:artifact`. */
  readonly managed: ReadonlyMap<string, ManagedVersion>;
  /** Coordinates of what would have told more, and is not in the tree. */
  readonly missing: readonly string[];
}

export interface ManagedVersion {
  readonly version: string | undefined;
  readonly scope: string | undefined;
}

const MAX_PARENTS = 32;
const MAX_IMPORTS = 200;

/** @param steps what may be taken from parents and imports, of all projects of the tree together */
export function resolvePom(path: string, tree: PomTree, steps: { left: number }): EffectivePom | undefined {
  return resolveWithin(path, tree, { imports: MAX_IMPORTS, isImporting: new Set(), steps });
}

interface Bounds {
  imports: number;
  /** Guards against projects that import each other. */
  readonly isImporting: Set<string>;
  readonly steps: { left: number };
}

function resolveWithin(path: string, tree: PomTree, bounds: Bounds): EffectivePom | undefined {
  const { chain, missing } = affordable(lineage(path, tree), bounds.steps);
  if (chain.length === 0) return undefined;
  const fill = filler(chain);
  const managed = new Map<string, ManagedVersion>();
  bounds.isImporting.add(path);
  // The nearest counts, and what is said counts before what is imported.
  const stated = chain.flatMap((pom) => pom.managed);
  for (const one of stated) if (!isImport(one)) addManaged(managed, one, fill);
  for (const one of stated)
    if (isImport(one)) missing.push(...importManaged(managed, one, { fill, tree, bounds }));
  bounds.isImporting.delete(path);
  return {
    fill,
    dependencies: inherited(chain),
    managed,
    missing,
  };
}

interface Lineage {
  readonly chain: Pom[];
  readonly missing: string[];
}

/** What is taken from a parent costs memory for each of its children. */
const STEPS_PER_DEPENDENCY = 100;

/** A parent with very much in it, of very many projects, is left out. */
function affordable({ chain, missing }: Lineage, steps: { left: number }): Lineage {
  for (const [index, { managed, dependencies, properties }] of chain.entries()) {
    if (index === 0) continue;
    steps.left -= managed.length + properties.size + dependencies.length * STEPS_PER_DEPENDENCY;
    if (steps.left < 0)
      return { chain: chain.slice(0, index), missing: [...missing, ...parentOf(chain[index - 1])] };
  }
  return { chain, missing };
}

function parentOf(pom: Pom | undefined): string[] {
  const parent = pom?.parent;
  return parent ? [[parent.group, parent.artifact, parent.version].join(':')] : [];
}

/** The project and its parents, as far as the tree holds them. */
function lineage(path: string, tree: PomTree): Lineage {
  const chain: Pom[] = [];
  const seen = new Set<string>();
  let at: string | undefined = path;
  while (at !== undefined && !seen.has(at) && chain.length < MAX_PARENTS) {
    seen.add(at);
    const pom = tree.at(at);
    if (!pom) break;
    chain.push(pom);
    if (!pom.parent) return { chain, missing: [] };
    at = parentPath(at, pom, tree);
  }
  return { chain, missing: parentOf(chain.at(-1)) };
}

function parentPath(path: string, { parent }: Pom, tree: PomTree): string | undefined {
  if (!parent) return undefined;
  const { group, artifact, relativePath } = parent;
  const near = relativePath === '' ? undefined : pathFrom(directoryOf(path), relativePath);
  const places = near === undefined ? [] : [near, near === '' ? 'pom.xml' : `${near}/pom.xml`];
  const place = places.find((one) => tree.at(one)?.artifact === artifact);
  if (place !== undefined) return place;
  return group === undefined || artifact === undefined ? undefined : tree.find(group, artifact);
}

function isImport({ scope, type }: PomDependency): boolean {
  return scope === 'import' && type === 'pom';
}

type Fill = EffectivePom['fill'];

function addManaged(managed: Map<string, ManagedVersion>, one: PomDependency, fill: Fill): void {
  const key = `${fill(one.group) ?? ''}:${fill(one.artifact) ?? ''}`;
  if (!managed.has(key)) managed.set(key, { version: fill(one.version), scope: fill(one.scope) });
}

/** @returns what is imported and is not in the tree */
function importManaged(
  managed: Map<string, ManagedVersion>,
  one: PomDependency,
  { fill, tree, bounds }: { fill: Fill; tree: PomTree; bounds: Bounds },
): string[] {
  const [group = '', artifact = ''] = [fill(one.group), fill(one.artifact)];
  const path = tree.find(group, artifact);
  if (path === undefined) return [[group, artifact, fill(one.version)].join(':')];
  if (bounds.isImporting.has(path) || --bounds.imports < 0 || bounds.steps.left < 0) return [];
  const other = resolveWithin(path, tree, bounds);
  bounds.steps.left -= other?.managed.size ?? 0;
  for (const [key, value] of other?.managed ?? []) if (!managed.has(key)) managed.set(key, value);
  return [...(other?.missing ?? [])];
}

/** What a project states itself counts before what its parents state of the same artifact. */
function inherited(chain: readonly Pom[]): PomDependency[] {
  const seen = new Set<string>();
  return chain.flatMap(({ dependencies }) =>
    dependencies.filter(({ group, artifact, type, classifier }) => {
      const key = [group, artifact, type, classifier].join(':');
      return !seen.has(key) && seen.add(key);
    }),
  );
}

const MAX_PROPERTY_DEPTH = 16;
const MAX_FILLED_CHARS = 1024;

/** Puts properties in. A child's count for what it inherits, too. */
function filler(chain: readonly Pom[]): Fill {
  const [pom] = chain;
  const group = pom?.group ?? pom?.parent?.group;
  const version = pom?.version ?? pom?.parent?.version;
  const own: readonly (readonly [string, string | undefined])[] = [
    ['groupId', group],
    ['artifactId', pom?.artifact],
    ['version', version],
    ['parent.groupId', pom?.parent?.group],
    ['parent.artifactId', pom?.parent?.artifact],
    ['parent.version', pom?.parent?.version],
  ];
  const properties = new Map<string, string>();
  for (const [key, value] of own)
    if (value !== undefined)
      for (const prefix of ['project.', 'pom.', '']) properties.set(`${prefix}${key}`, value);
  for (const one of [...chain].reverse())
    for (const [key, value] of one.properties) properties.set(key, value);
  return (text) => text && filled(text, properties);
}

function filled(text: string, properties: ReadonlyMap<string, string>): string {
  let current = text;
  for (let depth = 0; depth < MAX_PROPERTY_DEPTH && current.includes('${'); depth++) {
    const next = current.replace(
      /\$\{([^${}]{1,256})\}/g,
      (whole, key: string) => properties.get(key.trim()) ?? whole,
    );
    if (next === current) break;
    if (next.length > MAX_FILLED_CHARS) return text;
    current = next;
  }
  return current;
}
