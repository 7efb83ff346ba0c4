import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages, type LockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { directoryOf, type LockFile } from '../source-tree.ts';
import { readGoMod, type GoMod, type GoReplacement } from './read-go-mod.ts';

interface Module {
  readonly path: string;
  readonly version: string;
  readonly relationship: 'direct' | 'indirect';
  readonly line?: number;
}

/**
 * The modules that a `go.mod` selects. Before Go 1.17 it does not list those that others need: `go.sum` beside it
 * does, with more versions than are used.
 */
export function parseGoMod(file: LockFile): FileResult | undefined {
  const mod = readGoMod(textOf(file.content));
  if (mod.module === undefined && mod.requires.length === 0) return undefined;
  const packages = openLockedPackages('golang', 'gomod', file.path);
  const isComplete = isAtLeast(mod.goVersion, 1, 17);
  const modules = replaced(required(mod, isComplete), mod.replaces);
  const library = libraryVersion(mod);
  if (library !== undefined) modules.unshift({ path: 'stdlib', version: library, relationship: 'direct' });
  if (!isComplete) modules.push(...replaced(summed(file, modules), mod.replaces));
  addModules(modules, packages);
  const root =
    mod.module === undefined
      ? undefined
      : packages.add({ name: mod.module, version: '', relationship: 'root' });
  if (root !== undefined)
    packages.depend(
      root,
      modules.filter((one) => one.relationship === 'direct').map((one) => packageId(one.path, one.version)),
    );
  return packages.result();
}

function addModules(modules: readonly Module[], packages: LockedPackages): void {
  for (const { path, version, relationship, line } of modules)
    packages.add({
      name: path,
      version,
      relationship,
      lines: line === undefined ? undefined : { startLine: line, endLine: line },
    });
}

/** Where `go.sum` tells of indirect ones, `go.mod` holds but a few of them. */
function required({ requires }: GoMod, isComplete: boolean): Module[] {
  return requires
    .filter(({ isIndirect }) => isComplete || !isIndirect)
    .map(({ path, version, isIndirect, line }) => ({
      path,
      version,
      relationship: isIndirect ? ('indirect' as const) : ('direct' as const),
      line,
    }));
}

/** What is replaced by a folder is a part of the tree itself. */
function replaced(modules: readonly Module[], replaces: readonly GoReplacement[]): Module[] {
  const exact = new Map<string, GoReplacement>();
  const any = new Map<string, GoReplacement>();
  for (const one of replaces)
    if (one.version === undefined) any.set(one.path, one);
    else exact.set(packageId(one.path, one.version), one);
  return modules.flatMap((module) => {
    const by = exact.get(packageId(module.path, module.version)) ?? any.get(module.path);
    if (!by) return [module];
    return by.byVersion === undefined
      ? []
      : [{ ...module, path: by.byPath, version: by.byVersion, line: by.line }];
  });
}

const MAX_SUM_LINES = 1_000_000;

/**
 * Of several versions the last, which is the greatest as the file is sorted. Modules of which only the `go.mod` was
 * read are told of as well, as Trivy does.
 */
function summed(file: LockFile, known: readonly Module[]): Module[] {
  const content = file.tree.get(`${directoryOf(file.path)}go.sum`);
  const versions = new Map<string, string>();
  for (const row of content ? textOf(content).split('\n', MAX_SUM_LINES) : []) {
    const [path = '', version = '', hash] = row.trim().split(' ', 3);
    if (hash !== undefined) versions.set(path, version.replace(/\/go\.mod$/, ''));
  }
  const told = new Set(known.map(({ path }) => path));
  return [...versions]
    .filter(([path]) => !told.has(path))
    .map(([path, version]) => ({ path, version, relationship: 'indirect' as const }));
}

/** The toolchain that is asked for; the `go` line alone tells it since Go 1.21, when it has three parts. */
function libraryVersion({ toolchain, goVersion }: GoMod): string | undefined {
  const stated = toolchain?.startsWith('go') ? toolchain.slice(2).split('-', 1)[0] : undefined;
  const version = stated ?? (isAtLeast(goVersion, 1, 21) ? goVersion : undefined);
  return version !== undefined && /^\d+\.\d+\.\d+$/.test(version) ? `v${version}` : undefined;
}

/** A `go.mod` without the line was written for Go 1.16. */
function isAtLeast(goVersion: string | undefined, major: number, minor: number): boolean {
  const [ours = 1, next = 16] = (goVersion ?? '').split('.', 2).map((part) => Number.parseInt(part, 10) || 0);
  return goVersion !== undefined && (ours > major || (ours === major && next >= minor));
}
