import type { FileResult } from '../../analysis/analyzer.ts';
import { readPlainYaml } from '../../codec/yaml/plain-yaml.ts';
import { damaged, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';
import { mapIn, textIn, valueAt } from '../yaml-values.ts';

/**
 * The packages of a `pubspec.lock`. It tells what the project itself asks for in development, but not what that needs
 * in turn; so nothing of it is set apart.
 *
 * @see https://dart.dev/tools/pub/glossary#lockfile
 */
export function parsePubspecLock(content: Uint8Array, path: string): FileResult | undefined {
  const lock = readPlainYaml(textOf(content));
  if (!mapIn(lock)) return damaged('the lock file of pub is not YAML');
  const packages = openLockedPackages('pub', 'pub', path);
  for (const [name, entry] of mapIn(valueAt(lock, 'packages'))?.entries ?? []) {
    const dependency = textIn(valueAt(entry, 'dependency'));
    const stated = textIn(valueAt(entry, 'version'));
    const isUnnumbered = stated === '0.0.0' && textIn(valueAt(entry, 'source')) === 'sdk';
    const kit = textIn(valueAt(entry, 'description')) ?? '';
    packages.add({
      name,
      version: isUnnumbered ? (lowest(textIn(valueAt(lock, 'sdks', kit))) ?? stated) : stated,
      relationship:
        dependency === undefined ? undefined : dependency.startsWith('direct') ? 'direct' : 'indirect',
      lines: mapIn(entry),
    });
  }
  return packages.result();
}

/** What a kit brings with it is as old as the kit: `>=3.10.0 <4.0.0` or `^3.10.0`. */
function lowest(range: string | undefined): string | undefined {
  return /^(?:>=|\^)\s*([0-9][0-9A-Za-z.+-]*)/.exec(range ?? '')?.[1];
}
