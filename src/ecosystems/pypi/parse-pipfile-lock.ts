import type { FileResult } from '../../analysis/analyzer.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';

/** What is not told of with a version comes from a repository or a folder. */
const SECTIONS = [
  { key: 'default', development: false },
  { key: 'develop', development: true },
];

/** The packages that a `Pipfile.lock` settles on. */
export function parsePipfileLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the lock file of pipenv is not a JSON object');
  const packages = openLockedPackages('pypi', 'pipenv', path);
  for (const { key, development } of SECTIONS) {
    const lines = linesOfEntries(text, [key, '*']);
    for (const [name, value] of Object.entries(recordOf(own(lock, key)) ?? {})) {
      const version = own(recordOf(value), 'version');
      if (typeof version === 'string')
        packages.add({ name, version: version.replace(/^==+/, ''), development, lines: lines.get(name) });
    }
  }
  return packages.result();
}
