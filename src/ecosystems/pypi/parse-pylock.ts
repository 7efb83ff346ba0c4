import type { FileResult } from '../../analysis/analyzer.ts';
import { damaged, own, recordOf, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { parseToml } from '../toml-text.ts';
import { addTables, indexTables, lockedTables, type LockedTable } from './locked-table.ts';

/** The packages of a `pylock.toml`, which may leave out the versions of what does not come from an index. @see PEP 751 */
export function parsePylock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = parseToml(text);
  if (!lock) return damaged('the lock file is not TOML');
  const tables = lockedTables(lock, 'packages', text).filter(({ version }) => version !== '');
  const find = indexTables(tables);
  const next = (table: LockedTable): LockedTable[] => {
    const list = own(table.record, 'dependencies');
    if (!Array.isArray(list)) return [];
    return (list as readonly unknown[]).flatMap((item) => {
      const name = own(recordOf(item), 'name');
      return typeof name === 'string' ? find(name, own(recordOf(item), 'version')) : [];
    });
  };
  const packages = openLockedPackages('pypi', 'pylock', path);
  addTables(packages, tables, () => ({}), next);
  return packages.result();
}
