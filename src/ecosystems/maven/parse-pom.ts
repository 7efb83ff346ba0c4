import type { FileResult } from '../../analysis/analyzer.ts';
import { shown } from '../diagnostic-list.ts';
import { damaged, textOf } from '../json-record.ts';
import { openLockedPackages, type LockedPackages } from '../locked-packages.ts';
import type { LockFile, SourceTree } from '../source-tree.ts';
import { readPom, type Pom, type PomDependency } from './read-pom.ts';
import { resolvePom, type EffectivePom, type PomTree } from './resolve-pom.ts';

/** Needed to compile or test; whoever runs it brings the rest. */
const NOT_SHIPPED: ReadonlySet<string> = new Set(['test', 'provided', 'system']);

/**
 * The packages that a `pom.xml` asks for itself, at the versions that it, its parents and imports in the tree set.
 * Nothing is fetched: what repositories would have told is named in a diagnostic.
 *
 * @see https://maven.apache.org/guides/introduction/introduction-to-dependency-mechanism.html
 */
export function parsePom(
  { path, steps }: Pick<LockFile, 'path' | 'steps'>,
  tree: PomTree,
): FileResult | undefined {
  const pom = tree.at(path);
  const effective = resolvePom(path, tree, steps);
  if (!pom || !effective) return damaged('the project file of Maven is not XML, or holds no project');
  const packages = openLockedPackages('maven', 'pom', path);
  const ids = effective.dependencies.flatMap((one) => addDependency(one, effective, tree, packages) ?? []);
  const root = addRoot(pom, effective, packages);
  if (root !== undefined) packages.depend(root, ids);
  for (const missing of effective.missing)
    packages.diagnostics.add(
      'PACKAGE_PARENT_MISSING',
      `${shown(missing)} is not in the tree: versions it sets are unknown`,
    );
  return packages.result();
}

function addRoot(pom: Pom, { fill }: EffectivePom, packages: LockedPackages): string | undefined {
  const group = fill(pom.group ?? pom.parent?.group);
  const artifact = fill(pom.artifact);
  const version = fill(pom.version ?? pom.parent?.version);
  if (group === undefined || artifact === undefined) return undefined;
  const isKnown = version !== undefined && !version.includes('${');
  return packages.add({
    name: `${group}:${artifact}`,
    version: isKnown ? version : '',
    relationship: 'root',
    licenses: pom.licenses,
  });
}

function addDependency(
  one: PomDependency,
  { fill, managed }: EffectivePom,
  tree: PomTree,
  packages: LockedPackages,
): string | undefined {
  const [group = '', artifact = ''] = [fill(one.group), fill(one.artifact)];
  const name = `${group}:${artifact}`;
  const management = managed.get(name);
  const version = exactVersion(fill(one.version) ?? management?.version);
  const scope = fill(one.scope) ?? management?.scope;
  if (version === undefined || name.includes('${')) {
    packages.diagnostics.add(
      'PACKAGE_VERSION_UNKNOWN',
      `the version of ${shown(name)} is not told in the tree`,
    );
    return undefined;
  }
  return packages.add({
    name,
    version,
    relationship: tree.find(group, artifact) === undefined ? 'direct' : 'workspace',
    development: scope !== undefined && NOT_SHIPPED.has(scope),
    lines: one.lines,
  });
}

/** `[1.0]` is a version, other brackets are ranges. */
function exactVersion(version: string | undefined): string | undefined {
  if (version === undefined || version.includes('${')) return undefined;
  if (!/^[[(]/.test(version)) return version;
  const inner = version.slice(1, -1);
  return version.startsWith('[') && version.endsWith(']') && !inner.includes(',') ? inner.trim() : undefined;
}

/** The projects of a tree, each read once. */
export function openPomTree(tree: SourceTree): PomTree {
  const read = new Map<string, Pom | undefined>();
  let byName: Map<string, string> | undefined;
  const at = (path: string): Pom | undefined => {
    if (!read.has(path)) {
      const content = tree.get(path);
      read.set(path, content && readPom(textOf(content)));
    }
    return read.get(path);
  };
  return {
    at,
    find(group, artifact) {
      if (!byName) {
        byName = new Map();
        for (const path of tree.keys()) {
          const pom = at(path);
          const key = `${pom?.group ?? pom?.parent?.group ?? ''}:${pom?.artifact ?? ''}`;
          if (pom && !byName.has(key)) byName.set(key, path);
        }
      }
      return byName.get(`${group}:${artifact}`);
    },
  };
}
