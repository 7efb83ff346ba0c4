import type { FileResult } from '../../analysis/analyzer.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';

/**
 * The packages of a `Package.resolved`, of any format from 1 to 3. They are called by where they lie, as advisories
 * call them; one that follows a branch has its name for a version.
 *
 * @see https://github.com/swiftlang/swift-package-manager
 */
export function parsePackageResolved(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the list of resolved Swift packages is not a JSON object');
  const older = recordOf(own(lock, 'object'));
  const pins = own(older ?? lock, 'pins');
  if (!Array.isArray(pins)) return undefined;
  const lines = linesOfEntries(text, older ? ['object', 'pins', '*'] : ['pins', '*']);
  const packages = openLockedPackages('swift', 'swift', path);
  for (const [index, item] of (pins as readonly unknown[]).entries()) {
    const pin = recordOf(item);
    const place = own(pin, older ? 'repositoryURL' : 'location');
    const state = recordOf(own(pin, 'state'));
    packages.add({
      name: typeof place === 'string' ? place.replace(/^https?:\/\//, '').replace(/\.git$/, '') : undefined,
      version: own(state, 'version') ?? own(state, 'branch') ?? own(state, 'revision'),
      lines: lines.get(String(index)),
    });
  }
  return packages.result();
}
