import type { FileResult } from '../../analysis/analyzer.ts';
import { damaged, own, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { reach } from '../reach.ts';
import { parseToml } from '../toml-text.ts';
import { addTables, indexTables, lockedTables, type FindTables, type LockedTable } from './locked-table.ts';

/**
 * The packages that a `uv.lock` settles on. The projects of the workspace stand among them, with all that they ask
 * for: to run, by extras, and for development.
 */
export function parseUvLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = parseToml(text);
  if (!lock) return damaged('the lock file of uv is not TOML');
  const tables = lockedTables(lock, 'package', text);
  const find = indexTables(tables);
  const next = (table: LockedTable): LockedTable[] => runtimeOf(table.record, find);
  const own_ = tables.filter((table) => placeOf(table) !== undefined);
  const starts = own_.flatMap((table) => inGroups(table.record, 'dev-dependencies', find));
  const runtime = reach([...own_, ...own_.flatMap(next)], next);
  const direct = new Set([...own_.flatMap(next), ...starts]);
  const packages = openLockedPackages('pypi', 'uv', path);
  addTables(
    packages,
    tables,
    (table) => {
      const place = placeOf(table);
      if (place !== undefined) return { relationship: place === '.' ? 'root' : 'workspace' };
      return {
        relationship: direct.has(table) ? 'direct' : 'indirect',
        development: own_.length > 0 && !runtime.has(table),
      };
    },
    next,
  );
  return packages.result();
}

/** Where a project of the workspace lies, `.` for its root. */
function placeOf({ record }: LockedTable): string | undefined {
  const source = recordOf(own(record, 'source'));
  const place = own(source, 'virtual') ?? own(source, 'editable') ?? own(source, 'directory');
  return typeof place === 'string' ? place : undefined;
}

function runtimeOf(record: JsonRecord, find: FindTables): LockedTable[] {
  return [...tablesIn(own(record, 'dependencies'), find), ...inGroups(record, 'optional-dependencies', find)];
}

function inGroups(record: JsonRecord, key: string, find: FindTables): LockedTable[] {
  return Object.values(recordOf(own(record, key)) ?? {}).flatMap((list) => tablesIn(list, find));
}

/** `{ name, version? }`: the version where there are several. */
function tablesIn(list: unknown, find: FindTables): LockedTable[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly unknown[]).flatMap((item) => {
    const record = recordOf(item);
    const name = own(record, 'name');
    return typeof name === 'string' ? find(name, own(record, 'version')) : [];
  });
}
