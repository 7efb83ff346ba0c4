import { spawnSync } from 'node:child_process';
import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import { DrydockError } from '../../base/errors.ts';
import { verifyBbolt } from '../../codec/bbolt/verify-bbolt.ts';
import { bucketsOf } from '../trivy-db/buckets.ts';
import { openDatabaseFile } from '../trivy-db/trivy-db.ts';
import { ecosystemsIn, wideEcosystem } from './bucket-ecosystems.ts';
import { diffVersions, unknownDiff } from './database-diff.ts';
import { compareInstalled, diffDatabases } from './trivy-db-diff.ts';

const { signal } = new AbortController();

describe('ecosystems of buckets', () => {
  test.each([
    'Alpine:v3.18',
    'Alpine:edge',
    'Debian:12',
    'Ubuntu:22.04',
    'Ubuntu:20.04:ESM',
    'Red Hat:8',
    'Oracle Linux:8',
    'AlmaLinux:9',
    'Rocky Linux:9',
    'Amazon Linux:2',
    'SUSE:Linux Enterprise 15.5',
    'SUSE:Linux Enterprise Micro 5.3',
    'openSUSE:Leap 15.5',
    'openSUSE:Tumbleweed',
    'Photon OS:4.0',
    'Azure Linux:3.0',
    'CBL-Mariner:2.0',
    'Wolfi',
    'Chainguard',
    'MinimOS',
    'Echo',
    'Bottlerocket',
    'Root:Debian:12',
    'Root:Ubuntu:22.04',
    'Root:Alpine:3.18',
    'Seal:Alpine',
    'Seal:Debian',
    'Seal:Red Hat',
    'Seal:Red Hat:8',
  ])('%s is found from each of its buckets', (ecosystem) => {
    const buckets = bucketsOf(ecosystem);
    expect(buckets.length).toBeGreaterThan(0);
    for (const bucket of buckets) {
      const told = ecosystemsIn(bucket);
      expect(told.includes(ecosystem) || told.includes(wideEcosystem(ecosystem) ?? '-')).toBe(true);
    }
  });
});

describe('versions of several databases', () => {
  const of = (source: string, digest: string) => ({ source, digest, builtAt: '' });
  const nothing = new Map();

  test('equal digests are no change', async () => {
    const both = [of('a', '1'), of('b', '1')];
    expect((await diffVersions(both, both, nothing, { signal })).unknown).toBeUndefined();
  });
  test('of one that cannot be compared it is said', async () => {
    const diff = await diffVersions([of('osv', '1')], [of('osv', '2')], nothing, { signal });
    expect(diff.unknown).toContain('osv');
  });
  test('another order, and another set, may change everything', async () => {
    const diff = await diffVersions([of('a', '1'), of('b', '1')], [of('b', '1'), of('a', '1')], nothing, {
      signal,
    });
    expect(diff.unknown).toBeDefined();
  });
  test('what several databases changed is joined', async () => {
    const compare = (name: string) => () =>
      Promise.resolve({ changed: new Set([name]), vulnerabilities: new Set([`v${name}`]) });
    const comparers = new Map([
      ['a', compare('x')],
      ['b', compare('y')],
    ]);
    const before = [{ ...of('a+b', '1'), parts: [of('a', '1'), of('b', '1')] }];
    const diff = await diffVersions(before, [of('a', '2'), of('b', '2')], comparers, { signal });
    expect([...diff.changed, ...diff.vulnerabilities]).toEqual(['x', 'y', 'vx', 'vy']);
  });
  test('a database that is gone may have held anything', async () => {
    const version = (digit: string) => of('trivy-db', `sha256:${digit.repeat(64)}`);
    const diff = await compareInstalled('/nonexistent')(version('1'), version('2'), { signal });
    expect(diff.unknown).toContain('cannot be compared');
    expect(unknownDiff('x').changed.size).toBe(0);
  });
});

/** Every value by the way to it. */
async function contentsOf(path: string): Promise<Map<string, string>> {
  const file = openDatabaseFile(path);
  const values = new Map<string, string>();
  await verifyBbolt(file.read, file.sizeBytes, {
    signal,
    onValue: (above, key, value) => void values.set([...above, key].join('\0'), value.toString('latin1')),
  });
  file.close();
  return values;
}

describe.skipIf(!shared)('two real databases (needs ../shared)', () => {
  let folder = '';
  const path = (day: string): string => join(folder, day, 'trivy.db');
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'drydock-diff-'));
    for (const day of ['2026-10-15', '2026-11-21']) {
      spawnSync('mkdir', [join(folder, day)]);
      spawnSync('tar', ['xzf', `${shared}/data/trivy-db/db-${day}.tar.gz`, '-C', join(folder, day)]);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('are told apart as by comparing all that they hold', async () => {
    const [before, after] = [await contentsOf(path('2026-10-15')), await contentsOf(path('2026-11-21'))];
    const changed = new Set<string>();
    const vulnerabilities = new Set<string>();
    for (const key of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(key) === after.get(key)) continue;
      const [top = '', name = ''] = key.split('\0');
      if (top === 'vulnerability') vulnerabilities.add(name);
      else for (const ecosystem of ecosystemsIn(top)) changed.add(`${ecosystem}\0${name}`);
    }
    expect(changed.size).toBeGreaterThan(0);
    const diff = await diffDatabases(path('2026-10-15'), path('2026-11-21'), { signal });
    expect(diff).toEqual({ changed, vulnerabilities });
    const back = await diffDatabases(path('2026-11-21'), path('2026-10-15'), { signal });
    expect(back).toEqual({ changed, vulnerabilities });
  });

  test('one with itself is no change', async () => {
    const diff = await diffDatabases(path('2026-10-15'), path('2026-10-15'), { signal });
    expect([diff.changed.size, diff.vulnerabilities.size]).toEqual([0, 0]);
  });

  test('damage ends in an answer or an error of our own', async () => {
    const damaged = join(folder, 'damaged.db');
    await copyFile(path('2026-11-21'), damaged);
    await using file = await open(damaged, 'r+');
    const { size } = await file.stat();
    await fc.assert(
      fc.asyncProperty(fc.nat(size - 9), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, bytes) => {
        // Most of a page's head is in its first bytes.
        const position = at % 3 === 0 ? at : at - (at % 4096) + (at % 64);
        const was = Buffer.alloc(bytes.length);
        await file.read(was, 0, was.length, position);
        await file.write(bytes, 0, bytes.length, position);
        await diffDatabases(damaged, path('2026-10-15'), { signal }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(DrydockError);
        });
        await file.write(was, 0, was.length, position);
      }),
      { numRuns: 12 },
    );
  });

  test('it can be called off', async () => {
    const aborted = AbortSignal.abort();
    await expect(
      diffDatabases(path('2026-10-15'), path('2026-11-21'), { signal: aborted }),
    ).rejects.toThrow();
  });
});
