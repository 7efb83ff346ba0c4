import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostileSet, realDatabase, runs } from '../fixtures/images.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';

const MAX_RSS_BYTES = 300 * 1024 * 1024;

interface Told {
  readonly Results?: readonly {
    readonly Class: string;
    readonly Packages?: readonly { Name: string; Version: string; Release?: string }[];
  }[];
  readonly Drydock?: { readonly Diagnostics?: readonly { readonly Code: string; readonly Path?: string }[] };
}

/** `packages`: `name version` of all that must be found. `error`: what standard error must say instead. */
interface Expectation {
  readonly packages?: readonly string[];
  readonly error?: RegExp;
  readonly diagnostics?: readonly string[];
  readonly tag?: string;
}

const SAMPLE = { packages: ['sample 1.0-1'] };

const EXPECTED: Readonly<Record<string, Expectation | readonly Expectation[]>> = {
  'path-traversal': { ...SAMPLE, diagnostics: ['ENTRY_NAMES_REFUSED'] },
  'absolute-symlinks': SAMPLE,
  'symlink-parent': SAMPLE,
  'symlink-loops': SAMPLE,
  'hardlinks-out': SAMPLE,
  'device-nodes': SAMPLE,
  duplicates: { packages: ['sample 2.0-1'] },
  names: SAMPLE,
  'gnu-format': SAMPLE,
  'ustar-format': SAMPLE,
  'pax-format': SAMPLE,
  sparse: SAMPLE,
  'pax-sparse': SAMPLE,
  'tar-bad-checksum': { error: /layer 1 of 1 .*checksum/ },
  'tar-size-lie': { error: /layer 1 of 1 .*unexpected end/ },
  'tar-negative-size': { error: /layer 1 of 1 .*impossible size/ },
  'tar-garbage-tail': SAMPLE,
  'tar-no-end': SAMPLE,
  'tar-huge-pax': SAMPLE,
  'deep-nesting': SAMPLE,
  'many-files': SAMPLE,
  'gzip-bomb': SAMPLE,
  'zip-bomb': SAMPLE,
  'gzip-truncated': { error: /layer 1 of 1 .*cannot be read/ },
  'gzip-bad-crc': { error: /layer 1 of 1 .*cannot be read/ },
  'gzip-members': SAMPLE,
  'zstd-layer': SAMPLE,
  'uncompressed-layer': SAMPLE,
  mislabelled: SAMPLE,
  whiteouts: { packages: ['sample 3.0-1'] },
  'whiteout-names': SAMPLE,
  'empty-layer': SAMPLE,
  'many-layers': SAMPLE,
  'wrong-digest': { error: /layer 1 of 1 .*digest/ },
  'wrong-diffid': { error: /layer 1 of 1 .*unpacks to/ },
  'wrong-size': { error: /sha256:[0-9a-f]{64}.*bytes/ },
  'missing-blob': { error: /sha256:(ab){32}/ },
  'foreign-layer': { ...SAMPLE, diagnostics: ['LAYER_SKIPPED'] },
  'unknown-media-type': { ...SAMPLE, diagnostics: ['LAYER_SKIPPED'] },
  'index-attestations': [SAMPLE, { error: /linux\/amd64.*linux\/arm64/, tag: '--platform=linux/s390x' }],
  'nested-index': { error: /nested|deep/ },
  'artifact-subject': [SAMPLE, { tag: 'sbom', error: /not an image/ }],
  'docker-schema2': SAMPLE,
  schema1: { error: /schema 1/ },
  'bad-manifests': [
    ...['broken-json', 'deep-json', 'wrong-types', 'no-config', 'digest-traversal', 'digest-md5'].map(
      (tag) => ({
        tag,
        error: /^drydock: .+/,
      }),
    ),
    { tag: 'proto', packages: [] },
  ],
  'databases-broken': { diagnostics: ['RPM_DATABASE_BROKEN'] },
  'no-os': { packages: [] },
  'two-os': { diagnostics: ['PACKAGES_OF_ANOTHER_SYSTEM'] },
  secrets: SAMPLE,
};

const isReady = shared !== undefined && runs('python3') && runs('zstd');

describe.skipIf(!isReady)('hostile images (needs ../shared, python3 and zstd)', () => {
  let hostile: string;
  let database: string;
  const removals: (() => void)[] = [];
  /** A full disk: one MiB for the working and the temporary directory, where this user may mount one. */
  let narrow: string;
  let isMounted = false;

  beforeAll(() => {
    const set = hostileSet();
    const db = realDatabase();
    if (!set || !db) throw new Error('the hostile set could not be made');
    hostile = set.folder;
    database = db.folder;
    removals.push(set.remove, db.remove);
    narrow = mkdtempSync(join(tmpdir(), 'drydock-narrow-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', narrow], { stdio: 'ignore' });
      isMounted = true;
    } catch {
      // without the right to mount, the check that nothing is written there still holds
    }
    mkdirSync(join(narrow, 'tmp'));
  });

  afterAll(() => {
    if (isMounted) execFileSync('umount', [narrow]);
    rmSync(narrow, { recursive: true, force: true });
    removals.forEach((remove) => remove());
  });

  function scan(name: string, expectation: Expectation): Promise<Run> {
    const isOption = expectation.tag?.startsWith('--') ?? false;
    const image = `oci:${join(hostile, name)}${expectation.tag && !isOption ? `:${expectation.tag}` : ''}`;
    const platform = name === 'index-attestations' && !isOption ? ['--platform=linux/amd64'] : [];
    return drydock(
      [
        'scan',
        ...['--format', 'json', '--list-all-pkgs', '--no-cache', '--db-path', database],
        ...(isOption && expectation.tag ? [expectation.tag] : platform),
        image,
      ],
      { cwd: narrow, env: { TMPDIR: join(narrow, 'tmp') }, nodeOptions: ['--max-old-space-size=256'] },
    );
  }

  test('every case of the set has an expectation', () => {
    const cases = Object.keys(JSON.parse(readFileSync(join(hostile, 'cases.json'), 'utf8')) as object);
    expect(cases.filter((name) => !(name in EXPECTED))).toEqual([]);
    expect(cases).toHaveLength(49);
  });

  const runsOf = Object.entries(EXPECTED).flatMap(([name, expected]) =>
    [expected].flat().map((one) => [one.tag ? `${name} ${one.tag}` : name, name, one] as const),
  );

  test.each(runsOf)('%s', async (_, name, expectation) => {
    const run = await scan(name, expectation);
    expect(run.stderr).not.toMatch(/^\s+at /m);
    expect(run.peakRssBytes).toBeLessThan(MAX_RSS_BYTES);
    expect(readdirSync(narrow)).toEqual(['tmp']);
    expect(readdirSync(join(narrow, 'tmp'))).toEqual([]);
    expect(existsSync('/tmp/drydock-escape')).toBe(false);
    if (expectation.error) {
      expect(run.stderr).toMatch(expectation.error);
      expect(run.code).toBeGreaterThan(1);
      return;
    }
    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
    expect(run.stdout).not.toMatch(/\u001b/);
    const report = JSON.parse(run.stdout) as Told;
    const systems = (report.Results ?? []).filter((result) => result.Class === 'os-pkgs');
    const packages = systems.flatMap((result) => result.Packages ?? []);
    const shown = packages.map((p) => `${p.Name} ${p.Version}${p.Release ? `-${p.Release}` : ''}`);
    if (expectation.packages) expect(shown).toEqual(expectation.packages);
    const codes = (report.Drydock?.Diagnostics ?? []).map((diagnostic) => diagnostic.Code);
    expect(codes).toEqual(expect.arrayContaining([...(expectation.diagnostics ?? [])]));
  });
});
