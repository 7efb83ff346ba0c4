import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { storeAccess, type StoreAccess } from '../base/channels.ts';
import { openByteLru } from './byte-lru.ts';
import { openMemoryStore } from './memory.ts';
import { storeContract } from './store.contract.ts';
import type { Store } from './store.ts';
import { openTieredStore, type TieredOptions } from './tiered.ts';

interface Tiers {
  readonly store: Store;
  readonly small: Store & { asked: string[] };
  readonly large: Store & { asked: string[] };
  time: number;
}

function counting(inner: Store): Store & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: (key) => {
      asked.push(key);
      return inner.get(key);
    },
    put: (key, value, how) => inner.put(key, value, how),
    delete: (key) => inner.delete(key),
    keys: (prefix) => inner.keys(prefix),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
}

function openTiers(more: Partial<TieredOptions> = {}): Tiers {
  const tiers = { time: 1_000_000 };
  const now = (): number => tiers.time;
  const [small, large] = [counting(openMemoryStore(now)), counting(openMemoryStore(now))];
  const options = { small, large: { store: large, fromBytes: 1000 }, frontBytes: 100_000, now, ...more };
  return Object.assign(tiers, { store: openTieredStore(options), small, large });
}

const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();
const little = Buffer.from('little');
const much = Buffer.alloc(5000, 'much');

storeContract('tiers', (now) =>
  Promise.resolve(
    openTieredStore({
      small: openMemoryStore(now),
      large: { store: openMemoryStore(now), fromBytes: 1000 },
      frontBytes: 10_000_000,
      now,
      content: [{ prefix: '', frontSeconds: 3600 }],
    }),
  ),
);

describe('tiers', () => {
  test('give content from the front without asking, until its time there is over', async () => {
    const tiers = openTiers();
    await tiers.small.put('report/1', little);
    for (let i = 0; i < 5; i++) expect(text(await tiers.store.get('report/1'))).toBe('little');
    expect(tiers.small.asked).toEqual(['report/1']);
    tiers.time += 60_000;
    await tiers.small.delete('report/1');
    expect(await tiers.store.get('report/1')).toBeUndefined();
  });

  test('never keep anything but content in front', async () => {
    const { store, small } = openTiers();
    await store.put('scan-request/1', little);
    await small.put('scan-request/1', Buffer.from('changed elsewhere'));
    expect(text(await store.get('scan-request/1'))).toBe('changed elsewhere');
  });

  test('never keep absence', async () => {
    const { store, small } = openTiers();
    expect(await store.get('layer/1')).toBeUndefined();
    await small.put('layer/1', little);
    expect(text(await store.get('layer/1'))).toBe('little');
  });

  test('ask once for what many want at once', async () => {
    const { store, small } = openTiers();
    await small.put('layer/1', little);
    await Promise.all(Array.from({ length: 20 }, () => store.get('layer/1')));
    expect(small.asked).toEqual(['layer/1']);
  });

  test('put large content into the large store, and only a mark into the small one', async () => {
    const { store, small, large } = openTiers({ frontBytes: 0 });
    await store.put('layer/1', much);
    expect(((await small.get('layer/1')) ?? much).length).toBeLessThan(100);
    expect(much.equals((await store.get('layer/1')) ?? little)).toBe(true);
    await store.delete('layer/1');
    expect(await large.get('layer/1')).toBeUndefined();
    expect(await store.get('layer/1')).toBeUndefined();
  });

  test('keep what is no content in the small store, whatever its size', async () => {
    const { store, large } = openTiers();
    await store.put('job/1', much);
    expect(await large.get('job/1')).toBeUndefined();
    expect(much.equals((await store.get('job/1')) ?? little)).toBe(true);
  });

  test('find large content again when the small store was emptied, and ask the large one seldom in vain', async () => {
    const tiers = openTiers({ frontBytes: 0 });
    await tiers.store.put('layer/1', much);
    await tiers.small.delete('layer/1');
    expect(much.equals((await tiers.store.get('layer/1')) ?? little)).toBe(true);
    expect(await tiers.small.get('layer/1')).toBeDefined();
    tiers.large.asked.length = 0;
    for (let i = 0; i < 10; i++) await tiers.store.get('layer/none');
    expect(tiers.large.asked).toHaveLength(1);
    const elsewhere = openTieredStore({
      small: tiers.small,
      large: { store: tiers.large, fromBytes: 1000 },
      frontBytes: 0,
    });
    await elsewhere.put('layer/none', much);
    expect(much.equals((await tiers.store.get('layer/none')) ?? little)).toBe(true);
  });

  test('hold a mark whose value is gone for absence', async () => {
    const { store, large } = openTiers({ frontBytes: 0 });
    await store.put('layer/1', much);
    await large.delete('layer/1');
    expect(await store.get('layer/1')).toBeUndefined();
    expect(await store.put('layer/1', much, { ifAbsent: true })).toBe(true);
    expect(await store.put('layer/1', little, { ifAbsent: true })).toBe(false);
  });

  test('serve from the front what could not be kept behind', async () => {
    const none: Store = { ...openMemoryStore(), put: () => Promise.resolve(false) };
    const store = openTieredStore({ small: none, frontBytes: 100_000 });
    expect(await store.put('layer/1', little)).toBe(false);
    expect(text(await store.get('layer/1'))).toBe('little');
  });

  test('do not let a reading that was overtaken bring back what was deleted', async () => {
    const inner = openMemoryStore();
    await inner.put('layer/1', little);
    let goOn: () => void = () => undefined;
    const slow: Store = {
      ...inner,
      get: async (key) => {
        const value = await inner.get(key);
        await new Promise<void>((done) => (goOn = done));
        return value;
      },
    };
    const store = openTieredStore({ small: slow, frontBytes: 100_000 });
    const reading = store.get('layer/1');
    await Promise.resolve();
    await store.delete('layer/1');
    goOn();
    await reading;
    const again = store.get('layer/1');
    await Promise.resolve();
    goOn();
    expect(await again).toBeUndefined();
  });
});

describe('the front', () => {
  test('keeps what it was given, and not the much larger buffers that that was a view of', () => {
    const front = openByteLru(1e6, () => 0);
    front.set('a', new Uint8Array(128 << 10).subarray(1000, 6000), 60);
    expect(front.get('a')).toHaveLength(5000);
    expect(front.get('a')?.buffer.byteLength).toBe(5000);
  });

  test('holds no more than it may, and what was used last', () => {
    const acts = fc.array(
      fc.record({ key: fc.integer({ min: 0, max: 20 }), bytes: fc.nat(400), isGet: fc.boolean() }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(acts, (all) => {
        const front = openByteLru(3000, () => 0);
        for (const { key, bytes, isGet } of all) {
          if (isGet) front.get(String(key));
          else front.set(String(key), Buffer.alloc(bytes), 10);
          expect(front.bytes).toBeLessThanOrEqual(3000);
          expect(front.bytes).toBeGreaterThanOrEqual(0);
        }
        for (const { key } of all) front.delete(String(key));
        expect(front.bytes).toBe(0);
      }),
    );
  });
});

test('each look into a tier is told, with what it found', async () => {
  const told: string[] = [];
  const note = ({ tier, hit }: StoreAccess): void => void told.push(`${tier} ${hit ? 'hit' : 'miss'}`);
  storeAccess.subscribe(note);
  const store = openTieredStore({
    small: openMemoryStore(),
    large: { store: openMemoryStore(), fromBytes: 100 },
    frontBytes: 1 << 20,
    tierNames: { small: 'redis' },
  });
  await store.get('report/1/x');
  await store.put('report/1/x', Buffer.from('told'));
  await store.get('report/1/x');
  await store.get('reader/1/x');
  storeAccess.unsubscribe(note);
  expect(told).toEqual(['memory miss', 'redis miss', 'objects miss', 'memory hit', 'redis miss']);
  await store[Symbol.asyncDispose]();
});
