import type { FileResult } from '../../analysis/analyzer.ts';
import { textOf } from '../json-record.ts';
import { openLockedPackages } from '../locked-packages.ts';

const MAX_LINE_CHARS = 64 << 10;

/**
 * The packages of a `gradle.lockfile`: `group:artifact:version=configuration,…`.
 *
 * @see https://docs.gradle.org/current/userguide/dependency_locking.html
 */
export function parseGradleLockfile(content: Uint8Array, path: string): FileResult | undefined {
  const packages = openLockedPackages('maven', 'gradle', path);
  let line = 0;
  for (const raw of textOf(content).split('\n')) {
    line++;
    if (raw.length > MAX_LINE_CHARS || raw.startsWith('#')) continue;
    const [coordinates = '', configurations = ''] = raw.trim().split('=', 2);
    const [group, artifact, version, ...rest] = coordinates.split(':', 4);
    if (!group || !artifact || !version || rest.length > 0) continue;
    packages.add({
      name: `${group}:${artifact}`,
      version,
      development: isForTests(configurations),
      lines: { startLine: line, endLine: line },
    });
  }
  return packages.result();
}

/** Every configuration that holds it is one for tests. */
function isForTests(configurations: string): boolean {
  const names = configurations.split(',').filter((name) => name !== '');
  return (
    names.length > 0 &&
    names.every((name) => /^(?:test|androidTest)|[a-z](?:Unit|Android)?Test[A-Z]/.test(name))
  );
}
