import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  metaChecksum,
  writeBbolt,
  type BucketContent,
  type WriteOptions,
} from '../../../test/fixtures/bbolt-writer.ts';
import { shared } from '../../../test/fixtures/shared.ts';
import { DrydockError } from '../../base/errors.ts';
import { openBbolt, type BboltBucket } from './bbolt.ts';
import type { ReadAt } from './pages.ts';
import { verifyBbolt } from './verify-bbolt.ts';

const signal = new AbortController().signal;

function reader(file: Uint8Array): ReadAt {
  return (into, position) => {
    const part = file.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  };
}

const open = (file: Uint8Array): BboltBucket => openBbolt(reader(file), file.length).root;
const verify = (file: Uint8Array) => verifyBbolt(reader(file), file.length, { signal });

function contentOf(bucket: BboltBucket): BucketContent {
  return new Map(
    [...bucket.entries()].map((entry) => [
      entry.key.toString(),
      entry.bucket ? contentOf(entry.bucket) : entry.value.toString(),
    ]),
  );
}

function sorted(content: BucketContent): BucketContent {
  const entries = [...content].sort(([a], [b]) => Buffer.from(a).compare(Buffer.from(b)));
  return new Map(entries.map(([key, value]) => [key, value instanceof Map ? sorted(value) : value]));
}

function numbered(count: number, value = 'v'): Map<string, string> {
  return new Map(
    Array.from({ length: count }, (_, i) => [`key-${String(i).padStart(6, '0')}`, `${value}${i}`]),
  );
}

const many: BucketContent = new Map<string, BucketContent | string>([
  ['large', numbered(20_000)],
  ['small', numbered(3)],
  ['empty', new Map()],
  [
    'long',
    new Map([
      ['one', 'x'.repeat(50_000)],
      ['two', 'y'.repeat(5000)],
    ]),
  ],
  ['nested', new Map([['inner', new Map([['deep', numbered(500)]])]])],
]);

describe('a written file', () => {
  const shapes: [string, WriteOptions][] = [
    ['as the library would', {}],
    ['without small buckets', { inline: false }],
    ['with pages of 16 KiB', { pageSize: 16_384 }],
    ['with pages of 512 bytes, so that the tree is deep', { pageSize: 512 }],
  ];
  test.each(shapes)('%s is read back whole and verified', async (_, options) => {
    const file = writeBbolt(many, options);
    expect(contentOf(open(file))).toEqual(sorted(many));
    expect(await verify(file)).toMatchObject({ buckets: 7, values: 20_000 + 3 + 2 + 500 });
  });

  test('every key is found, and no other', () => {
    const root = open(writeBbolt(many));
    const large = root.bucket('large');
    for (const [key, value] of numbered(20_000)) expect(large?.get(key)?.toString()).toBe(value);
    for (const key of ['', 'key', 'key-000000x', 'key-020000', 'zzz'])
      expect(large?.get(key)).toBeUndefined();
    expect(root.bucket('nothing')).toBeUndefined();
    expect(root.get('large'), 'a bucket is no value').toBeUndefined();
    expect(large?.bucket('key-000001'), 'a value is no bucket').toBeUndefined();
  });

  test.each(['', 'key-0000', 'key-000100', 'key-019999', 'key-02', 'a', 'z'])(
    'prefix %j gives what starts with it',
    (prefix) => {
      const large = open(writeBbolt(many)).bucket('large');
      const found = [...(large?.entries(prefix) ?? [])].map(({ key }) => key.toString());
      expect(found).toEqual([...numbered(20_000).keys()].filter((key) => key.startsWith(prefix)));
    },
  );

  test('any content comes back', async () => {
    const values = fc.dictionary(fc.string({ maxLength: 40 }), fc.string({ maxLength: 900 }), {
      maxKeys: 60,
    });
    const nested = fc.dictionary(fc.string({ minLength: 1, maxLength: 30 }), values, { maxKeys: 12 });
    await fc.assert(
      fc.asyncProperty(nested, fc.boolean(), async (buckets, inline) => {
        const content = new Map(
          Object.entries(buckets).map(([name, entries]) => [name, new Map(Object.entries(entries))]),
        );
        const file = writeBbolt(content, { inline, pageSize: 1024 });
        expect(contentOf(open(file))).toEqual(sorted(content));
        await verify(file);
      }),
      { numRuns: 60 },
    );
  });

  test('a cache far smaller than the file answers the same', () => {
    const file = writeBbolt(many, { inline: false });
    const small = openBbolt(reader(file), file.length, { cacheBytes: 20_000 }).root;
    expect(contentOf(small)).toEqual(sorted(many));
  });
});

describe('headers', () => {
  function spoil(file: Buffer, meta: 0 | 1): Buffer {
    const copy = Buffer.from(file);
    copy.writeUInt8(copy.readUInt8(meta * 4096 + 40) ^ 1, meta * 4096 + 40);
    return copy;
  }

  test('the newer of the two counts', () => {
    const older = writeBbolt(new Map([['a', 'old']]));
    const file = Buffer.from(older);
    // Header 1 is of transaction 2. With an older one it loses against header 0.
    file.writeBigUInt64LE(0n, 4096 + 16 + 48);
    file.writeBigUInt64LE(3n, 4096 + 16 + 16);
    file.writeBigUInt64LE(metaChecksum(file.subarray(4096 + 16)), 4096 + 16 + 56);
    expect(open(file).get('a')?.toString()).toBe('old');
  });

  test.each([0, 1] as const)('a spoilt header %i is passed over', (meta) => {
    const file = spoil(writeBbolt(many), meta);
    expect(contentOf(open(file))).toEqual(sorted(many));
  });

  test('two spoilt headers are refused', () => {
    expect(() => open(spoil(spoil(writeBbolt(many), 0), 1))).toThrow(/neither of its two headers/);
  });

  test('a cut file is refused at once', () => {
    const file = writeBbolt(many);
    expect(() => open(file.subarray(0, file.length - 4096))).toThrow(/bytes/);
    expect(() => open(file.subarray(0, 10))).toThrow(DrydockError);
    expect(() => open(Buffer.alloc(0))).toThrow(DrydockError);
  });
});

/** Only DrydockErrors may come, and soon. */
async function survive(file: Uint8Array): Promise<boolean> {
  let isSound = true;
  for (const attempt of [
    () => verify(file),
    async () => contentOf(open(file)),
    async () => open(file).bucket('large')?.get('key-000700'),
  ]) {
    try {
      await attempt();
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
      expect(['DATABASE_CORRUPT', 'DATABASE_LIMIT']).toContain(error.code);
      isSound = false;
    }
  }
  return isSound;
}

describe('damage', () => {
  const file = writeBbolt(
    new Map<string, BucketContent>([
      ['large', numbered(1500)],
      [
        'inner',
        new Map([
          ['x', numbered(9)],
          ['y', numbered(200)],
        ]),
      ],
    ]),
    { pageSize: 1024 },
  );

  test('a flipped bit anywhere is refused or harmless', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.nat(7), async (at, bit) => {
        const copy = Buffer.from(file);
        copy[at] = (copy[at] ?? 0) ^ (1 << bit);
        await survive(copy);
      }),
      { numRuns: 400 },
    );
  });

  test('random numbers in page headers and element tables are refused or harmless', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            page: fc.integer({ min: 2, max: file.length / 1024 - 1 }),
            field: fc.nat(40),
            value: fc.oneof(fc.nat(0xffffffff), fc.nat(200)),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (changes) => {
          const copy = Buffer.from(file);
          for (const { page, field, value } of changes) copy.writeUInt32LE(value, page * 1024 + field * 4);
          await survive(copy);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('a page that leads to itself, or to one page many times, does not keep us', async () => {
    const copy = Buffer.from(file);
    for (let page = 2; page < copy.length / 1024; page++) {
      const at = page * 1024;
      if (copy.readUInt16LE(at + 8) !== 1) continue;
      const count = copy.readUInt16LE(at + 10);
      for (let i = 0; i < count; i++) copy.writeBigUInt64LE(BigInt(page), at + 16 + i * 16 + 8);
    }
    expect(await survive(copy)).toBe(false);
  });

  test('keys out of order are found by verification', async () => {
    const copy = Buffer.from(file);
    const at = copy.indexOf('key-000700');
    copy.write('kez', at);
    await expect(verify(copy)).rejects.toThrow(/out of order/);
  });
});

const archive = shared && join(shared, 'data', 'trivy-db', 'db-2026-11-21.tar.gz');
describe.skipIf(!archive)('a database that the real library wrote (needs ../shared)', () => {
  function withDatabase(
    use: (read: ReadAt, size: number, descriptor: number) => Promise<void>,
  ): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'drydock-bbolt-'));
    execFileSync('tar', ['-xzf', archive ?? '', '-C', folder]);
    const descriptor = openSync(join(folder, 'trivy.db'), 'r');
    const read: ReadAt = (into, position) => readSync(descriptor, into, 0, into.length, position);
    return use(read, fstatSync(descriptor).size, descriptor).finally(() => {
      closeSync(descriptor);
      rmSync(folder, { recursive: true, force: true });
    });
  }

  test('is verified, and every value that is walked over is found by its key', async () => {
    await withDatabase(async (read, size) => {
      const { root } = openBbolt(read, size);
      let checked = 0;
      const onValue = (path: readonly string[], key: string, value: Buffer): void => {
        if (++checked % 97 !== 0) return;
        const bucket = path.reduce<BboltBucket | undefined>((inner, name) => inner?.bucket(name), root);
        if (!bucket?.get(key)?.equals(value)) throw new Error(`${path.join('/')} ${key}`);
      };
      const verified = await verifyBbolt(read, size, { signal, onValue });
      expect(verified.values).toBe(checked);
      expect(verified.values).toBeGreaterThan(300_000);
    });
  });

  test('flipped bits are refused or harmless', async () => {
    await withDatabase(async (read, size) => {
      for (let run = 0; run < 60; run++) {
        const flips = new Map(
          Array.from({ length: 20 }, (_, i) => [
            Math.floor((((run * 20 + i) * 0.618034) % 1) * size),
            1 << (i % 8),
          ]),
        );
        const spoilt: ReadAt = (into, position) => {
          const count = read(into, position);
          for (const [at, mask] of flips)
            if (at >= position && at < position + count)
              into[at - position] = (into[at - position] ?? 0) ^ mask;
          return count;
        };
        try {
          const { root } = openBbolt(spoilt, size);
          for (const { bucket } of root.bucket('debian 12')?.entries() ?? [])
            for (const entry of bucket?.entries() ?? []) void entry.value;
          root.bucket('vulnerability')?.get(`CVE-2024-${1000 + run}`);
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }
    });
  });
});
