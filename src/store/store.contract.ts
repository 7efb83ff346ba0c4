import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();

export interface StoreContractOptions {
  /** Whose time counts. A server's own cannot be turned: then the tests wait. */
  readonly clock?: 'given' | 'own';
}

interface Clock {
  readonly now: () => number;
  readonly pass: (ms: number) => Promise<void>;
}

/** What every store must do. Each store's test is one call to this, and what is its own. */
export function storeContract(
  name: string,
  open: (now: () => number) => Promise<Store>,
  { clock = 'given' }: StoreContractOptions = {},
): void {
  function startClock(): Clock {
    let time = clock === 'own' ? Date.now() : 1_000_000_000_000;
    if (clock === 'own') return { now: Date.now, pass: async (ms) => void (await sleep(ms)) };
    return { now: () => time, pass: async (ms) => void (time += ms) };
  }

  describe(`${name} as a store`, () => {
    test('gives what was put, and nothing else', async () => {
      await using store = await open(Date.now);
      expect(await store.get('a')).toBeUndefined();
      expect(await store.put('a', bytes('1'))).toBe(true);
      expect(await store.put('b/\0 ü', bytes(''))).toBe(true);
      expect(text(await store.get('a'))).toBe('1');
      expect(text(await store.get('b/\0 ü'))).toBe('');
      expect(await store.put('a', bytes('2'))).toBe(true);
      expect(text(await store.get('a'))).toBe('2');
    });

    test('put with ifAbsent keeps the first value and says so', async () => {
      await using store = await open(Date.now);
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.put('lease', bytes(String(i)), { ifAbsent: true })),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(text(await store.get('lease'))).toBe(String(won.indexOf(true)));
    });

    test('forgets when the time is up, and then ifAbsent is free again', async () => {
      const { now, pass } = startClock();
      await using store = await open(now);
      await store.put('short', bytes('x'), { ttlSeconds: 1 });
      await store.put('long', bytes('y'));
      await store.put('longer', bytes('z'), { ttlSeconds: 1e300 });
      await pass(clock === 'own' ? 500 : 999);
      expect(text(await store.get('short'))).toBe('x');
      await pass(clock === 'own' ? 700 : 1);
      expect(await store.get('short')).toBeUndefined();
      expect(text(await store.get('long'))).toBe('y');
      expect(text(await store.get('longer'))).toBe('z');
      expect(await store.put('short', bytes('z'), { ifAbsent: true })).toBe(true);
    });

    test('a later time replaces an earlier one, and none is for ever', async () => {
      const { now, pass } = startClock();
      await using store = await open(now);
      await store.put('a', bytes('1'), { ttlSeconds: 0.5 });
      await store.put('a', bytes('2'));
      await store.put('b', bytes('1'));
      await store.put('b', bytes('2'), { ttlSeconds: 0.5 });
      await store.put('c', bytes('1'), { ttlSeconds: -1 });
      await pass(700);
      expect(text(await store.get('a'))).toBe('2');
      expect(await store.get('b')).toBeUndefined();
      expect(await store.get('c')).toBeUndefined();
    });

    test('deletes, and lists live keys by prefix', async () => {
      const { now, pass } = startClock();
      await using store = await open(now);
      await store.put('p/1', bytes('1'));
      await store.put('p/2', bytes('2'), { ttlSeconds: 0.5 });
      await store.put('q/1', bytes('3'));
      await store.delete('q/1');
      await store.delete('never there');
      await pass(700);
      expect(await listed(store, 'p/')).toEqual(['p/1']);
      expect(await store.get('q/1')).toBeUndefined();
    });

    test('lists keys of any form under prefixes of any form', async () => {
      await using store = await open(Date.now);
      const keys = [
        'l*/a',
        'l*/b',
        'lx/a',
        'l?[ab]\\^-/1',
        'l~/é ü',
        'l~/.',
        'l~/..',
        'l~//',
        `m/${'k'.repeat(2000)}`,
        '',
      ];
      for (const key of keys) await store.put(key, bytes(key));
      expect(await listed(store, '')).toEqual([...keys].sort());
      for (const prefix of [
        'l*',
        'l?[',
        'l~/',
        'l~/.',
        'm/k',
        `m/${'k'.repeat(1999)}`,
        'l?[ab]\\^-/',
        'none',
      ])
        expect(await listed(store, prefix)).toEqual(keys.filter((key) => key.startsWith(prefix)).sort());
      for (const key of keys) expect(text(await store.get(key))).toBe(key);
    });

    test('keeps values of some size whole', async () => {
      await using store = await open(Date.now);
      const value = Buffer.alloc(2_000_000, 'drydock');
      await store.put('large', value);
      expect(value.equals((await store.get('large')) ?? Buffer.alloc(0))).toBe(true);
    });
  });
}

async function listed(store: Store, prefix: string): Promise<string[]> {
  const keys = [];
  for await (const key of store.keys(prefix)) keys.push(key);
  return keys.sort();
}
