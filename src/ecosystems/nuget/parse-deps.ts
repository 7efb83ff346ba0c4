import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { openEdgeBudget } from '../edge-budget.ts';
import { linesOfEntries, type LineRange } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { nameIn, packageId, versionIn } from '../package-text.ts';

const MAX_PACKAGES = 50_000;
/** Before the name of the runtime that an application brings with it. */
const RUNTIME_PACK = 'runtimepack.';
const KINDS: ReadonlySet<string> = new Set(['package', 'project', 'runtimepack']);
/** A library without any of these has nothing to run. */
const ASSETS = ['runtime', 'runtimeTargets', 'native'] as const;

/** What is known of a library in the target that the application runs on. */
interface Library {
  readonly name: string;
  readonly version: string;
  readonly isProject: boolean;
  readonly dependsOn: readonly string[];
  readonly range: LineRange | undefined;
}

/**
 * The packages that a .NET application was published with; those it was only built with are left out.
 *
 * @see https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md
 */
export function parseDeps(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const parsed = parseJson(text);
  if (!parsed) return damaged('the dependencies of a .NET application are not JSON');
  const file = recordOf(parsed.value);
  const libraries = recordOf(own(file, 'libraries'));
  if (!libraries) return undefined;
  const diagnostics = openDiagnosticList();
  const lines = linesOfEntries(text, ['libraries', '*']);
  const target = targetOf(file);
  const found = new Map<string, Library>();
  for (const [key, value] of Object.entries(libraries)) {
    const kind = own(recordOf(value), 'type');
    if (typeof kind !== 'string' || !KINDS.has(kind.toLowerCase())) continue;
    const [name, version] = split(key);
    if (name === undefined || version === undefined) {
      diagnostics.add('PACKAGE_RECORD_INVALID', 'a library without name and version is left out');
      continue;
    }
    const inTarget = recordOf(own(target, key));
    if (inTarget && !hasAssets(inTarget)) continue;
    if (found.size >= MAX_PACKAGES) {
      diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
      break;
    }
    found.set(packageId(name, version), {
      name,
      version,
      isProject: kind.toLowerCase() === 'project',
      dependsOn: dependenciesOf(inTarget),
      range: lines.get(key),
    });
  }
  return { packages: toPackages(found, path), diagnostics: diagnostics.all() };
}

function targetOf(file: JsonRecord | undefined): JsonRecord | undefined {
  const name = own(recordOf(own(file, 'runtimeTarget')), 'name');
  return typeof name === 'string' ? recordOf(own(recordOf(own(file, 'targets')), name)) : undefined;
}

function hasAssets(library: JsonRecord): boolean {
  return ASSETS.some((asset) => Object.keys(recordOf(own(library, asset)) ?? {}).length > 0);
}

/** `Name/1.2.3` */
function split(key: string): [name: string | undefined, version: string | undefined] {
  const slash = key.indexOf('/');
  if (slash < 0) return [undefined, undefined];
  return [nameIn(withoutPrefix(key.slice(0, slash))), versionIn(key.slice(slash + 1))];
}

function withoutPrefix(name: string): string {
  return name.startsWith(RUNTIME_PACK) ? name.slice(RUNTIME_PACK.length) : name;
}

function dependenciesOf(library: JsonRecord | undefined): string[] {
  const dependencies = Object.entries(recordOf(own(library, 'dependencies')) ?? {});
  return dependencies.flatMap(([name, version]) =>
    typeof version === 'string' ? [packageId(withoutPrefix(name), version)] : [],
  );
}

function toPackages(libraries: ReadonlyMap<string, Library>, path: string): Package[] {
  const root = rootOf(libraries);
  const take = openEdgeBudget();
  const direct = new Set(root && libraries.get(root)?.dependsOn);
  return [...libraries].map(([id, { name, version, isProject, dependsOn, range }]) => {
    const known = take(dependsOn.filter((dependency) => dependency !== id && libraries.has(dependency)));
    const relationship = direct.size === 0 ? undefined : direct.has(id) ? 'direct' : 'indirect';
    const standing = id === root ? 'root' : isProject ? 'workspace' : relationship;
    return {
      type: 'nuget',
      name,
      version,
      licenses: [],
      application: 'dotnet-core',
      ...(standing && { relationship: standing }),
      ...(known.length > 0 && { dependsOn: [...known].sort() }),
      ...(range && { locations: [range] }),
      paths: [path],
    };
  });
}

/** The one project that no other library depends on. */
function rootOf(libraries: ReadonlyMap<string, Library>): string | undefined {
  const needed = new Set([...libraries.values()].flatMap(({ dependsOn }) => dependsOn));
  const roots = [...libraries].filter(([id, { isProject }]) => isProject && !needed.has(id));
  return roots.length === 1 ? roots[0]?.[0] : undefined;
}
