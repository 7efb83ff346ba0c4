import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { openEdgeBudget } from '../edge-budget.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { licensesIn, nameIn, packageId, versionIn } from '../package-text.ts';

const MAX_PACKAGES = 50_000;

interface Entry {
  readonly pkg: Package;
  readonly requires: readonly string[];
}

/**
 * The packages in a `vendor` folder, as Composer notes them in `installed.json`: a list under `packages`, or before
 * Composer 2 the list alone. They are all there, so that those for development only are not set apart.
 */
export function parseInstalled(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const parsed = parseJson(text);
  if (!parsed) return damaged('the list of installed Composer packages is not JSON');
  const isBare = Array.isArray(parsed.value);
  const list = isBare ? parsed.value : own(recordOf(parsed.value), 'packages');
  // Other programs have files of that name, too.
  if (!Array.isArray(list)) return undefined;
  const diagnostics = openDiagnosticList();
  const lines = linesOfEntries(text, isBare ? ['*'] : ['packages', '*']);
  const entries = new Map<string, Entry>();
  if (list.length > MAX_PACKAGES)
    diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
  for (const [index, value] of (list as readonly unknown[]).slice(0, MAX_PACKAGES).entries()) {
    const entry = toEntry(recordOf(value), path);
    if (!entry) diagnostics.add('PACKAGE_RECORD_INVALID', 'an entry without name and version is left out');
    else if (!entries.has(entry.pkg.name)) {
      const range = lines.get(String(index));
      entries.set(entry.pkg.name, { ...entry, pkg: { ...entry.pkg, ...(range && { locations: [range] }) } });
    }
  }
  return { packages: withDependencies(entries), diagnostics: diagnostics.all() };
}

function toEntry(record: JsonRecord | undefined, path: string): Entry | undefined {
  const name = nameIn(own(record, 'name'));
  const version = versionIn(own(record, 'version'));
  if (!record || name === undefined || version === undefined) return undefined;
  const license = own(record, 'license');
  return {
    pkg: {
      type: 'composer',
      name,
      version,
      licenses: licensesIn(Array.isArray(license) ? (license as unknown[]) : [license]),
      application: 'composer-vendor',
      paths: [path],
    },
    requires: Object.keys(recordOf(own(record, 'require')) ?? {}),
  };
}

/** What is required by name and is there; `php`, extensions and virtual packages are not. */
function withDependencies(entries: ReadonlyMap<string, Entry>): Package[] {
  const take = openEdgeBudget();
  return [...entries.values()].map(({ pkg, requires }) => {
    const dependsOn = take(requires.filter((name) => entries.has(name))).flatMap((name) => {
      const found = entries.get(name)?.pkg;
      return found ? [packageId(found.name, found.version)] : [];
    });
    return dependsOn.length > 0 ? { ...pkg, dependsOn: dependsOn.sort() } : pkg;
  });
}
