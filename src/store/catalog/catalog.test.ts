import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasRedis, startRedis, type RunningServer } from '../../../test/fixtures/redis-server.ts';
import { sha256Of } from '../../base/digest.ts';
import { openFileStore } from '../files.ts';
import { openMemoryStore } from '../memory.ts';
import { openRedisStore } from '../redis/redis-store.ts';
import { parseRedisUrl } from '../redis/redis-url.ts';
import { openRedis, type Redis } from '../redis/redis.ts';
import { catalogContract, entry, identities } from './catalog.contract.ts';
import { liveImages } from './live-images.ts';
import { listOf, openTexts, readPack, writePack } from './pack.ts';
import { openStoreCatalog } from './store-catalog.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

catalogContract('memory', () => Promise.resolve(openMemoryStore()));
catalogContract('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-catalog-'));
  folders.push(folder);
  return openFileStore(folder);
});

describe.skipIf(!hasRedis)('Redis (needs redis-server)', () => {
  let server: RunningServer;
  let redis: Redis;
  let count = 0;
  beforeAll(async () => {
    server = await startRedis();
    redis = await openRedis(parseRedisUrl(`redis://127.0.0.1:${server.port}`));
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    await server.stop();
  });
  catalogContract('Redis', () => Promise.resolve(openRedisStore(redis, { prefix: `test-${count++}:` })));
});

describe('a pack', () => {
  const texts = openTexts();
  const names = texts.numbers(['b', 'a', 'ü\0x', 'a']);
  const { image } = entry('p');
  const packed = writePack(
    [
      { kind: 'image', identity: image.identity, image, names, vulnerabilities: texts.numbers(['CVE-1']) },
      { kind: 'moved', identity: image.identity, from: 'x', to: 'y' },
      { kind: 'removed', identity: sha256Of('q') },
    ],
    texts,
  );

  test('is read as it was written', () => {
    const pack = readPack(packed);
    const record = pack?.records[0];
    if (!pack || record?.kind !== 'image') throw new Error('not read');
    expect(pack.records.map(({ kind }) => kind)).toEqual(['image', 'moved', 'removed']);
    expect([...listOf(pack, record, 'names')].map((number) => pack.text(number))).toEqual(['b', 'a', 'ü\0x']);
    expect([...listOf(pack, record, 'vulnerabilities')].map((number) => pack.text(number))).toEqual([
      'CVE-1',
    ]);
  });

  test('that is cut or damaged is none, or is less, and never hangs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.nat(255), fc.boolean(), async (at, byte, isCut) => {
        const bytes = Buffer.from(isCut ? packed.subarray(0, at) : packed);
        if (!isCut) bytes[at] = byte;
        const pack = readPack(bytes);
        if (pack) liveImages([pack]);
        const store = openMemoryStore();
        await openStoreCatalog(store).note(entry('p'));
        for await (const key of store.keys('catalog/'))
          if (key.includes('/log/')) await store.put(key, bytes);
        const catalog = openStoreCatalog(store);
        await identities(catalog.images());
        await identities(catalog.withAdvisoryNames(new Set(['a'])));
        await identities(catalog.withVulnerability('CVE-1'));
      }),
      { numRuns: 500 },
    );
  });
});
