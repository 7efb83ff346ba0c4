import { describe, expect, test } from 'vitest';
import type { Store } from './store.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString();

/** What every store must do. Each store's test is one call to this, and what is its own. */
export function storeContract(name: string, open: (now: () => number) => Promise<Store>): void {
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
      let time = 1_000_000_000_000;
      await using store = await open(() => time);
      await store.put('short', bytes('x'), { ttlSeconds: 10 });
      await store.put('long', bytes('y'));
      time += 9_999;
      expect(text(await store.get('short'))).toBe('x');
      time += 1;
      expect(await store.get('short')).toBeUndefined();
      expect(text(await store.get('long'))).toBe('y');
      expect(await store.put('short', bytes('z'), { ifAbsent: true })).toBe(true);
    });

    test('deletes, and lists live keys by prefix', async () => {
      let time = 1_000_000_000_000;
      await using store = await open(() => time);
      await store.put('p/1', bytes('1'));
      await store.put('p/2', bytes('2'), { ttlSeconds: 1 });
      await store.put('q/1', bytes('3'));
      await store.delete('q/1');
      await store.delete('never there');
      time += 2000;
      const keys = [];
      for await (const key of store.keys('p/')) keys.push(key);
      expect(keys).toEqual(['p/1']);
      expect(await store.get('q/1')).toBeUndefined();
    });

    test('keeps values of some size whole', async () => {
      await using store = await open(Date.now);
      const value = Buffer.alloc(2_000_000, 'drydock');
      await store.put('large', value);
      expect(value.equals((await store.get('large')) ?? Buffer.alloc(0))).toBe(true);
    });
  });
}
