import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { openEdgeBudget } from '../edge-budget.ts';
import { KEY_SEPARATOR, linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { nameIn, packageId, versionIn } from '../package-text.ts';

/** Of all frameworks together. */
const MAX_ENTRIES = 100_000;
/** One of each framework. */
const MAX_LOCATIONS = 64;

/** A package that several frameworks share. */
interface Locked {
  readonly pkg: Package;
  readonly dependsOn: Set<string>;
}

/**
 * The packages that `packages.lock.json` settles on, of all frameworks together.
 *
 * @see https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files
 */
export function parsePackagesLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const parsed = parseJson(text);
  if (!parsed) return damaged('the lock file of NuGet is not JSON');
  const frameworks = recordOf(own(recordOf(parsed.value), 'dependencies'));
  if (!frameworks) return undefined;
  const diagnostics = openDiagnosticList();
  const lines = linesOfEntries(text, ['dependencies', '*', '*']);
  const take = openEdgeBudget();
  const found = new Map<string, Locked>();
  let left = MAX_ENTRIES;
  for (const [framework, value] of Object.entries(frameworks)) {
    const entries = recordOf(value) ?? {};
    for (const [key, entry] of Object.entries(entries)) {
      const pkg = toPackage(key, recordOf(entry), path);
      if (pkg === 'project') continue;
      if (!pkg) {
        diagnostics.add('PACKAGE_RECORD_INVALID', 'an entry without name and version is left out');
        continue;
      }
      if (--left < 0) {
        diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_ENTRIES} entries were read`);
        return { packages: toPackages(found), diagnostics: diagnostics.all() };
      }
      const range = lines.get(`${framework}${KEY_SEPARATOR}${key}`);
      const required = take(requiredIn(recordOf(entry), entries));
      addTo(found, { ...pkg, ...(range && { locations: [range] }) }, required);
    }
  }
  return { packages: toPackages(found), diagnostics: diagnostics.all() };
}

function toPackage(
  key: string,
  entry: JsonRecord | undefined,
  path: string,
): Package | 'project' | undefined {
  const kind = own(entry, 'type');
  // What the solution itself holds has no version here.
  if (typeof kind === 'string' && kind.toLowerCase() === 'project') return 'project';
  const name = nameIn(key);
  const version = versionIn(own(entry, 'resolved'));
  if (name === undefined || version === undefined) return undefined;
  return {
    type: 'nuget',
    name,
    version,
    licenses: [],
    application: 'nuget',
    relationship: kind === 'Direct' ? 'direct' : 'indirect',
    paths: [path],
  };
}

/** Dependencies at the versions that the same framework resolves them to. */
function requiredIn(entry: JsonRecord | undefined, entries: JsonRecord): string[] {
  const names = Object.keys(recordOf(own(entry, 'dependencies')) ?? {});
  return names.flatMap((name) => {
    const version = versionIn(own(recordOf(own(entries, name)), 'resolved'));
    return version === undefined ? [] : [packageId(name, version)];
  });
}

function addTo(found: Map<string, Locked>, pkg: Package, required: readonly string[]): void {
  const id = packageId(pkg.name, pkg.version);
  const known = found.get(id);
  const locked = known ? { ...known, pkg: together(known.pkg, pkg) } : { pkg, dependsOn: new Set<string>() };
  for (const one of required) locked.dependsOn.add(one);
  found.set(id, locked);
}

/** Direct somewhere is direct. */
function together(known: Package, other: Package): Package {
  const locations = [...(known.locations ?? []), ...(other.locations ?? [])].slice(0, MAX_LOCATIONS);
  return {
    ...known,
    ...(other.relationship === 'direct' && { relationship: 'direct' }),
    ...(locations.length > 0 && { locations }),
  };
}

function toPackages(found: ReadonlyMap<string, Locked>): Package[] {
  return [...found.values()].map(({ pkg, dependsOn }) =>
    dependsOn.size > 0 ? { ...pkg, dependsOn: [...dependsOn].sort() } : pkg,
  );
}
