import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { packagesText } from '../../../test/fixtures/apt-archive.ts';
import { memoryCache } from '../../../test/fixtures/patch-parts.ts';
import { errorOf } from '../../../test/fixtures/registry-client.ts';
import type { ArchiveCache } from './archive-cache.ts';
import { loadIndex, type IndexContext } from './load-index.ts';
import type { VerifiedSuite } from './load-release.ts';

const { signal } = new AbortController();
const hasXz = spawnSync('xz', ['--version']).status === 0;
const sha256 = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
const PATH = 'main/binary-amd64/Packages';

describe.skipIf(!hasXz)('an index packed with xz (needs xz)', () => {
  const plain = Buffer.from(
    packagesText([
      { Package: 'curl', Version: '8.0-1' },
      { Package: 'zlib', Version: '1.3-1' },
    ]),
  );
  const packed = spawnSync('xz', ['-c'], { input: plain }).stdout;
  const files = new Map([
    [PATH, { sizeBytes: plain.length, sha256: sha256(plain) }],
    [`${PATH}.xz`, { sizeBytes: packed.length, sha256: sha256(packed) }],
  ]);
  const suite = {
    release: { files, byHash: false },
    dists: new URL('http://deb.test/dists/stable/'),
  } as unknown as VerifiedSuite;

  interface Seen {
    readonly context: IndexContext;
    readonly gets: string[];
    fetches: number;
  }

  function watched(cache: ArchiveCache, content: Uint8Array = packed): Seen {
    const gets: string[] = [];
    const seen: Seen = {
      gets,
      fetches: 0,
      context: {
        client: {
          isOffline: false,
          fetch: () => {
            seen.fetches++;
            return Promise.resolve({ kind: 'content', content } as never);
          },
        },
        cache: {
          get(key) {
            gets.push(key.split(' ')[0] ?? '');
            return cache.get(key);
          },
          put: (key, value) => cache.put(key, value),
        },
      },
    };
    return seen;
  }

  const load = async ({ context }: Seen): Promise<string[]> =>
    (await loadIndex(suite, PATH, new Set(['curl']), context, { signal })).map(
      ({ name, version }) => `${name} ${version}`,
    );

  test('is unpacked once, and read from what was kept of it', async () => {
    const cache = memoryCache();
    const first = watched(cache);
    expect(await load(first)).toEqual(['curl 8.0-1']);
    expect(first.fetches).toBe(1);
    const second = watched(cache);
    expect(await load(second)).toEqual(['curl 8.0-1']);
    expect(second).toMatchObject({ fetches: 0, gets: ['unpacked'] });
  });

  test.each([
    ['is damaged', (kept: Uint8Array) => kept.subarray(0, 20)],
    ['is of something else', () => gzipSync(packagesText([{ Package: 'curl', Version: '9.9-evil' }]))],
    ['is larger than was signed', () => gzipSync(Buffer.alloc(1 << 20))],
    ['is no gzip', () => Buffer.from('nonsense')],
  ])('what was kept and %s is not believed', async (_, change) => {
    const cache = memoryCache();
    await load(watched(cache));
    const key = `unpacked ${sha256(plain)}`;
    await cache.put(key, change((await cache.get(key)) ?? Buffer.alloc(0)));
    expect(await load(watched(cache))).toEqual(['curl 8.0-1']);
  });

  test('that is not what was signed is refused, and nothing of it is kept', async () => {
    const cache = memoryCache();
    const other = Buffer.from(packed);
    other[other.length - 30] = 0xff ^ (other[other.length - 30] ?? 0);
    const error = await errorOf(load(watched(cache, other)));
    expect(error.code).toBe('ARCHIVE_UNTRUSTED');
    expect(await cache.get(`unpacked ${sha256(plain)}`)).toBeUndefined();
  });
});
