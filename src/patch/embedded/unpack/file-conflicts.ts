import { deb } from '../../../versions/deb.ts';
import type { Database, InstalledPackage } from '../database/installed.ts';
import { fieldOf, type Paragraph } from '../database/paragraph.ts';
import type { Upgrade } from './unpacking.ts';

/** A file that belongs to a package which stays, and which may not be taken from it; as a sentence for people. */
export function conflictOf(
  { installed, file }: Upgrade,
  {
    database,
    owners,
    all,
  }: {
    database: Database;
    owners: ReadonlyMap<string, ReadonlySet<InstalledPackage>>;
    all: readonly Upgrade[];
  },
): string | undefined {
  if (database.kind === 'distroless') return undefined;
  const own = new Set(installed.files);
  for (const { path, type } of file.payload) {
    const name = `/${path}`;
    if (type === 'directory' || own.has(name)) continue;
    for (const other of owners.get(name) ?? []) {
      if (other.name === installed.name || mayTake(name, other, { installed, file }, database, all)) continue;
      return `${name} of ${installed.name} belongs to ${other.name} ${other.version}`;
    }
  }
  return undefined;
}

function mayTake(
  name: string,
  other: InstalledPackage,
  { installed, file }: Upgrade,
  { diversions }: Database,
  all: readonly Upgrade[],
): boolean {
  const diversion = diversions.get(name);
  if (diversion && (diversion.by === other.name || diversion.by === installed.name)) return true;
  if (replaces(file.control, other.name, other.version)) return true;
  const next = all.find((each) => each.installed === other);
  if (!next) return replaces(other.paragraph, installed.name, fieldOf(file.control, 'Version') ?? '');
  return !next.file.payload.some(({ path, type }) => type !== 'directory' && `/${path}` === name);
}

/** Whether the `Replaces` of a paragraph names a package in that version. */
export function replaces(paragraph: Paragraph, name: string, version: string): boolean {
  return (fieldOf(paragraph, 'Replaces') ?? '').split(',').some((text) => {
    const match = /^\s*([a-z0-9][a-z0-9+.-]*)(?::\w+)?\s*(?:\((<<|<=|=|>=|>>)\s*([^)\s]+)\s*\))?\s*$/.exec(
      text,
    );
    if (match?.[1] !== name) return false;
    return match[2] === undefined || holds(version, match[2], match[3] ?? '');
  });
}

function holds(version: string, operator: string, bound: string): boolean {
  const [a, b] = [deb.parse(version), deb.parse(bound)];
  if (!a || !b) return false;
  const order = deb.compare(a, b);
  if (operator === '<<') return order < 0;
  if (operator === '<=') return order <= 0;
  if (operator === '=') return order === 0;
  return operator === '>=' ? order >= 0 : order > 0;
}
