import type { FileResult } from '../../analysis/analyzer.ts';
import type { Package } from '../../model/package.ts';
import { openDiagnosticList } from '../diagnostic-list.ts';
import { openEdgeBudget } from '../edge-budget.ts';
import type { LineRange } from '../json-lines.ts';
import { damaged, own, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { nameIn, packageId, versionIn } from '../package-text.ts';
import { parseToml } from '../toml-text.ts';

const MAX_PACKAGES = 20_000;

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly uuid: string;
  readonly record: JsonRecord;
}

/**
 * The packages that a Julia environment has settled on. Those of the standard library have no version of their own:
 * theirs is Julia's, and where the manifest is too old to state it they are left out.
 *
 * @see https://pkgdocs.julialang.org/v1/toml-files/#Manifest.toml
 */
export function parseManifest(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const manifest = parseToml(text);
  if (!manifest) return damaged('the manifest is not TOML');
  const format = own(manifest, 'manifest_format');
  const deps = format === undefined ? manifest : recordOf(own(manifest, 'deps'));
  const entries = entriesOf(deps ?? {}, versionIn(own(manifest, 'julia_version')));
  // Other programs have a Manifest.toml, too.
  if (entries.length === 0) return undefined;
  const diagnostics = openDiagnosticList();
  if (entries.length > MAX_PACKAGES)
    diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
  return {
    packages: toPackages(entries.slice(0, MAX_PACKAGES), linesOfTables(text), path),
    diagnostics: diagnostics.all(),
  };
}

/** `[[deps.Name]]`; several of one name differ by their UUID. */
function entriesOf(deps: JsonRecord, juliaVersion: string | undefined): Entry[] {
  return Object.entries(deps).flatMap(([key, list]) => {
    const name = nameIn(key);
    if (name === undefined || !Array.isArray(list)) return [];
    return (list as readonly unknown[]).flatMap((item) => {
      const record = recordOf(item);
      const uuid = own(record, 'uuid');
      const version = versionIn(own(record, 'version')) ?? juliaVersion;
      return record && typeof uuid === 'string' && version !== undefined
        ? [{ name, version, uuid, record }]
        : [];
    });
  });
}

function toPackages(
  entries: readonly Entry[],
  lines: ReadonlyMap<string, LineRange>,
  path: string,
): Package[] {
  const take = openEdgeBudget();
  const byUuid = new Map(entries.map((entry) => [entry.uuid, entry]));
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return entries.map(({ name, version, uuid, record }) => {
    const dependsOn = take(required(record)).flatMap(({ by, key }) => {
      const found = (by === 'uuid' ? byUuid : byName).get(key);
      return found ? [packageId(found.name, found.version)] : [];
    });
    const range = lines.get(uuid);
    return {
      type: 'julia',
      name,
      version,
      licenses: [],
      application: 'julia',
      ...(dependsOn.length > 0 && { dependsOn: [...new Set(dependsOn)].sort() }),
      ...(range && { locations: [range] }),
      paths: [path],
    };
  });
}

/** A list of names, or a table from name to UUID where a name alone would not do. */
function required(record: JsonRecord): { by: 'name' | 'uuid'; key: string }[] {
  const deps = own(record, 'deps');
  const [by, keys]: ['name' | 'uuid', readonly unknown[]] = Array.isArray(deps)
    ? ['name', deps as unknown[]]
    : ['uuid', Object.values(recordOf(deps) ?? {})];
  return keys.flatMap((key) => (typeof key === 'string' ? [{ by, key }] : []));
}

/** Where the table of each UUID stands: from its header to the empty line or header behind it. */
function linesOfTables(text: string): Map<string, LineRange> {
  const found = new Map<string, LineRange>();
  let startLine = 0;
  let endLine = 0;
  let uuid: string | undefined;
  const finish = (last: number): void => {
    if (uuid !== undefined && !found.has(uuid)) found.set(uuid, { startLine, endLine: endLine || last });
  };
  let line = 0;
  for (const raw of text.split('\n')) {
    line++;
    const row = raw.trim();
    if (row.startsWith('[')) {
      finish(line - 1);
      [startLine, endLine, uuid] = [line, 0, undefined];
    } else if (row === '') endLine ||= line - 1;
    else if (row.startsWith('uuid')) uuid = row.split('"', 2)[1];
  }
  finish(text.endsWith('\n') ? line - 1 : line);
  return found;
}
