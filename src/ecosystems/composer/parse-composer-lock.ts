import type { FileResult } from '../../analysis/analyzer.ts';
import { linesOfEntries, type LineRange } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf, type JsonRecord } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { packageId } from '../package-text.ts';
import { directoryOf, type LockFile } from '../source-tree.ts';

interface Entry {
  readonly name: string;
  readonly version: string;
  readonly record: JsonRecord;
  readonly development: boolean;
  readonly lines: LineRange | undefined;
}

const SECTIONS = [
  { key: 'packages', development: false },
  { key: 'packages-dev', development: true },
];

/** The packages that a `composer.lock` settles on; what is asked for itself the `composer.json` beside it tells. */
export function parseComposerLock(file: LockFile): FileResult | undefined {
  const text = textOf(file.content);
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the lock file of Composer is not a JSON object');
  const entries = SECTIONS.flatMap(({ key, development }) => entriesOf(lock, key, development, text));
  const byName = new Map(entries.map((entry) => [entry.name.toLowerCase(), entry]));
  const asked = askedBy(file);
  const packages = openLockedPackages('composer', 'composer', file.path);
  for (const { name, version, record, development, lines } of entries) {
    const license = own(record, 'license');
    const id = packages.add({
      name,
      version,
      development,
      lines,
      relationship: asked && (asked.has(name.toLowerCase()) ? 'direct' : 'indirect'),
      licenses: Array.isArray(license) ? (license as unknown[]) : [license],
    });
    if (id === undefined) continue;
    const needed = keysOf(record, 'require').flatMap((other) => byName.get(other) ?? []);
    packages.depend(
      id,
      needed.map((other) => packageId(other.name, other.version)),
    );
  }
  return packages.result();
}

function entriesOf(lock: JsonRecord, key: string, development: boolean, text: string): Entry[] {
  const list = own(lock, key);
  if (!Array.isArray(list)) return [];
  const lines = linesOfEntries(text, [key, '*']);
  return (list as readonly unknown[]).flatMap((item, index) => {
    const record = recordOf(item);
    const name = own(record, 'name');
    const version = own(record, 'version');
    if (!record || typeof name !== 'string' || typeof version !== 'string') return [];
    return [{ name, version, record, development, lines: lines.get(String(index)) }];
  });
}

function askedBy({ path, tree }: LockFile): ReadonlySet<string> | undefined {
  const content = tree.get(`${directoryOf(path)}composer.json`);
  const manifest = content && recordOf(parseJson(textOf(content))?.value);
  return manifest && new Set([...keysOf(manifest, 'require'), ...keysOf(manifest, 'require-dev')]);
}

/** Names are equal whatever their case. */
function keysOf(record: JsonRecord, key: string): string[] {
  return Object.keys(recordOf(own(record, key)) ?? {}).map((name) => name.toLowerCase());
}
