import type { FileResult } from '../../analysis/analyzer.ts';
import { damaged, own, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { directoryOf, type LockFile } from '../source-tree.ts';
import { parseToml } from '../toml-text.ts';
import { addTables, indexTables, lockedTables, textsIn, type LockedTable } from './locked-table.ts';
import { nameOfRequirement, normalName } from './normal-name.ts';
import { askedBy } from './pyproject.ts';

/**
 * The packages that a `pdm.lock` settles on. It names the groups of each; which of them are for development only
 * `pyproject.toml` tells, and without it none is taken to be.
 */
export function parsePdmLock(file: LockFile): FileResult | undefined {
  const text = textOf(file.content);
  const lock = parseToml(text);
  if (!lock) return damaged('the lock file of PDM is not TOML');
  const tables = lockedTables(lock, 'package', text);
  const find = indexTables(tables);
  const next = (table: LockedTable): LockedTable[] =>
    textsIn(own(table.record, 'dependencies')).flatMap((one) => find(nameOfRequirement(one) ?? ''));
  const asked = askedBy(file.tree, `${directoryOf(file.path)}pyproject.toml`);
  const direct = new Set([...(asked?.runtime ?? []), ...(asked?.development ?? [])].map(normalName));
  const runtimeGroups = asked?.runtimeGroups;
  const packages = openLockedPackages('pypi', 'pdm', file.path);
  const state = (table: LockedTable): { relationship?: 'direct' | 'indirect'; development: boolean } => {
    const groups = textsIn(own(table.record, 'groups'));
    const isForMakers = (group: string): boolean =>
      group !== 'default' && runtimeGroups?.has(group) === false;
    return {
      ...(asked && { relationship: direct.has(normalName(table.name)) ? 'direct' : 'indirect' }),
      development: groups.length > 0 && groups.every(isForMakers),
    };
  };
  addTables(packages, tables, state, next);
  return packages.result();
}
