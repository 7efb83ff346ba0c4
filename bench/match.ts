/**
 * Packages judged per second on one core. Run: `node scripts/bench.mjs match DIRECTORY`, with a directory that holds
 * trivy.db and metadata.json.
 */
import { performance } from 'node:perf_hooks';
import { openBbolt } from '../src/codec/bbolt/bbolt.ts';
import { openDatabaseFile } from '../src/advisories/trivy-db/trivy-db.ts';
import { useDirectory } from '../src/advisories/trivy-db/use-directory.ts';
import { matchInventory } from '../src/match/match.ts';
import type { Inventory } from '../src/model/analysis.ts';
import type { Package } from '../src/model/package.ts';

const PACKAGES = 200_000;
const ROUNDS = 5;
const directory = process.argv[2];
if (directory === undefined)
  throw new Error('usage: bench.mjs match DIRECTORY (with trivy.db and metadata.json)');

/** Source packages of a release with the versions that its advisories name. */
function sourcesOf(release: string): Map<string, string[]> {
  const file = openDatabaseFile(`${directory}/trivy.db`);
  const sources = new Map<string, string[]>();
  for (const { key, bucket } of openBbolt(file.read, file.sizeBytes).root.bucket(release)?.entries() ?? []) {
    const versions = [...(bucket?.entries() ?? [])].flatMap(({ value }) => {
      const { FixedVersion } = JSON.parse(value?.toString() ?? '{}') as { FixedVersion?: string };
      return FixedVersion ?? [];
    });
    if (versions.length > 0) sources.set(key.toString(), [...new Set(versions)]);
  }
  file.close();
  return sources;
}

/** Real sources at versions around their fixes. Where `distinct`, no version occurs twice, so that none is known. */
function inventory(distinct: boolean, fresh: boolean): Inventory {
  const sources = [...sourcesOf('debian 12')];
  const packages: Package[] = [];
  for (let i = 0; packages.length < PACKAGES; i++) {
    const [name, versions] = sources[i % sources.length] ?? ['', []];
    // An image that is up to date has the last fix or later; one that is not, any of them.
    const base = fresh ? (versions.at(-1) ?? '0') : (versions[i % versions.length] ?? '0');
    const version = distinct ? `${base}+b${i}` : base;
    const binary = `${name}-${i % 7}${fresh || distinct ? `-${i}` : ''}`;
    packages.push({
      type: 'deb',
      name: binary,
      version,
      architecture: 'amd64',
      source: { name, version },
      licenses: [],
      paths: ['var/lib/dpkg/status'],
    });
  }
  return {
    schema: 1,
    os: { family: 'debian', version: '12.15' },
    layerSizes: {},
    packages,
    findings: [],
    diagnostics: [],
  };
}

const cases: readonly [string, Inventory][] = [
  ['an image that is up to date, versions of sources shared by their binaries', inventory(false, true)],
  ['every version distinct, at any fix', inventory(true, false)],
];
for (const [what, subject] of cases) {
  const rates: number[] = [];
  let findings = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await using store = await useDirectory(directory).open();
    const start = performance.now();
    findings = matchInventory(subject, store, { severitySources: ['auto'], now: new Date() }).findings.length;
    rates.push(subject.packages.length / ((performance.now() - start) / 1000));
  }
  rates.sort((a, b) => a - b);
  const median = rates[ROUNDS >> 1] ?? 0;
  console.log(`${Math.round(median).toLocaleString('en')} packages/s, database opened anew: ${what}`);
  console.log(
    `  ${subject.packages.length.toLocaleString('en')} packages of Debian 12, ${findings.toLocaleString('en')} findings`,
  );
}
