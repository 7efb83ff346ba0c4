import type { FileResult } from '../../analysis/analyzer.ts';
import { linesOfEntries } from '../json-lines.ts';
import { damaged, own, parseJson, recordOf, textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';

/** What is shipped has one of these. */
const SHIPPED: ReadonlySet<unknown> = new Set(['compile', 'runtime']);

/** The packages of a `build.sbt.lock`. @see https://stringbean.github.io/sbt-dependency-lock/ */
export function parseSbtLock(content: Uint8Array, path: string): FileResult | undefined {
  const text = textOf(content);
  const lock = recordOf(parseJson(text)?.value);
  if (!lock) return damaged('the lock file of sbt is not a JSON object');
  const list = own(lock, 'dependencies');
  if (!Array.isArray(list)) return undefined;
  const lines = linesOfEntries(text, ['dependencies', '*']);
  const packages = openLockedPackages('maven', 'sbt', path);
  for (const [index, item] of (list as readonly unknown[]).entries()) {
    const record = recordOf(item);
    const [group, artifact, version] = ['org', 'name', 'version'].map((key) => own(record, key));
    const configurations = own(record, 'configurations');
    const isShipped =
      !Array.isArray(configurations) || (configurations as unknown[]).some((one) => SHIPPED.has(one));
    packages.add({
      name: typeof group === 'string' && typeof artifact === 'string' ? `${group}:${artifact}` : undefined,
      version,
      development: !isShipped,
      lines: lines.get(String(index)),
    });
  }
  return packages.result();
}
