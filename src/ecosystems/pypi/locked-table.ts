import { own, recordOf, type JsonRecord } from '../json-record.ts';
import type { LineRange } from '../json-lines.ts';
import type { LockedPackages, StatedPackage } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { linesOfTables } from '../toml-text.ts';
import { normalName } from './normal-name.ts';

/** One table of a lock file; several of a name differ by version. */
export interface LockedTable {
  readonly name: string;
  /** Empty for what the source tree itself holds and does not number. */
  readonly version: string;
  readonly record: JsonRecord;
  readonly lines: LineRange | undefined;
}

/** Tables of `[[key]]`, those without a name left out. */
export function lockedTables(lock: JsonRecord, key: string, text: string): LockedTable[] {
  const list = own(lock, key);
  if (!Array.isArray(list)) return [];
  const lines = linesOfTables(text, key);
  return (list as readonly unknown[]).flatMap((item, index) => {
    const record = recordOf(item);
    const name = own(record, 'name');
    const version = own(record, 'version');
    if (!record || typeof name !== 'string') return [];
    return [{ name, version: typeof version === 'string' ? version : '', record, lines: lines[index] }];
  });
}

/** Finds tables by name, in any spelling, and version where it is known. */
export type FindTables = (name: string, version?: unknown) => readonly LockedTable[];

export function indexTables(tables: readonly LockedTable[]): FindTables {
  const byName = new Map<string, LockedTable[]>();
  for (const table of tables) {
    const name = normalName(table.name);
    const others = byName.get(name);
    if (others) others.push(table);
    else byName.set(name, [table]);
  }
  return (name, version) => {
    // Of many versions in one file none would be looked through again and again.
    const found = (byName.get(normalName(name)) ?? []).slice(0, MAX_VERSIONS);
    return typeof version === 'string' ? found.filter((table) => table.version === version) : found;
  };
}

const MAX_VERSIONS = 32;

/** Adds all tables with what they depend on. */
export function addTables(
  packages: LockedPackages,
  tables: readonly LockedTable[],
  state: (table: LockedTable) => Pick<StatedPackage, 'relationship' | 'development'> | undefined,
  next: (table: LockedTable) => readonly LockedTable[],
): void {
  for (const table of tables) {
    const stated = state(table);
    if (!stated) continue;
    const { name, version, lines } = table;
    const id = packages.add({ name, version, lines, ...stated });
    if (id !== undefined)
      packages.depend(
        id,
        next(table).map((other) => packageId(other.name, other.version)),
      );
  }
}

/** Texts of a list, others left out. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? (value as unknown[]).filter((one) => typeof one === 'string') : [];
}
