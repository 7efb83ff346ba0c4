import type { FileResult } from '../../analysis/analyzer.ts';
import { damaged, own, recordOf, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { reach } from '../reach.ts';
import { directoryOf, type LockFile } from '../source-tree.ts';
import { parseToml } from '../toml-text.ts';
import {
  addTables,
  indexTables,
  lockedTables,
  textsIn,
  type FindTables,
  type LockedTable,
} from './locked-table.ts';
import { askedBy, type Asked } from './pyproject.ts';

/**
 * The packages that a `poetry.lock` settles on. What is for development only it says by `groups` since Poetry 2, by
 * `category` before 1.5; between them `pyproject.toml` tells.
 */
export function parsePoetryLock(file: LockFile): FileResult | undefined {
  const text = textOf(file.content);
  const lock = parseToml(text);
  if (!lock) return damaged('the lock file of Poetry is not TOML');
  const tables = lockedTables(lock, 'package', text);
  const find = indexTables(tables);
  const next = (table: LockedTable): LockedTable[] =>
    Object.keys(recordOf(own(table.record, 'dependencies')) ?? {}).flatMap((name) => find(name));
  const asked = askedBy(file.tree, `${directoryOf(file.path)}pyproject.toml`);
  const direct = new Set(asked ? found([...asked.runtime, ...asked.development], find) : []);
  const development = asked && reachedInDevelopment(asked, find, next);
  const packages = openLockedPackages('pypi', 'poetry', file.path);
  const state = (table: LockedTable): { relationship?: 'direct' | 'indirect'; development: boolean } => ({
    ...(asked && { relationship: direct.has(table) ? 'direct' : 'indirect' }),
    development: saysDevelopment(table) ?? development?.has(table) ?? false,
  });
  addTables(packages, tables, state, next);
  return packages.result();
}

function saysDevelopment({ record }: LockedTable): boolean | undefined {
  const groups = textsIn(own(record, 'groups'));
  if (groups.length > 0) return !groups.includes('main');
  const category = own(record, 'category');
  return typeof category === 'string' ? category === 'dev' : undefined;
}

function found(names: Iterable<string>, find: FindTables): LockedTable[] {
  return [...names].flatMap((name) => find(name));
}

function reachedInDevelopment(
  asked: Asked,
  find: FindTables,
  next: (table: LockedTable) => LockedTable[],
): ReadonlySet<LockedTable> {
  const runtime = reach(found(asked.runtime, find), next);
  return new Set([...reach(found(asked.development, find), next)].filter((table) => !runtime.has(table)));
}
