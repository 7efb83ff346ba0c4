import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { openMemoryStore } from './memory.ts';
import { openPutAgain } from './put-again.ts';
import type { Store } from './store.ts';
import { openTieredStore } from './tiered.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

/** A store that takes what it is given only while it is told to. */
function moodyStore(): Store & { takes: boolean } {
  const inner = openMemoryStore();
  const store = {
    ...inner,
    takes: true,
    put: (...args: Parameters<Store['put']>) => (store.takes ? inner.put(...args) : Promise.resolve(false)),
  };
  return store;
}

describe('what a store did not take', () => {
  test('is offered again until it does, with the time that is left', async () => {
    const taken: [string, number | undefined][] = [];
    let isWilling = false;
    let now = 0;
    await using again = openPutAgain({
      everyMs: 5,
      now: () => now,
      put: async (key, _value, ttlSeconds) => {
        if (isWilling) taken.push([key, ttlSeconds]);
        return isWilling;
      },
    });
    again.add('a', bytes('1'), undefined);
    again.add('b', bytes('2'), 100);
    again.add('c', bytes('3'), 10);
    again.add('d', bytes('4'), undefined);
    again.forget('d');
    await wait(30);
    now = 40_000;
    isWilling = true;
    await expect
      .poll(() => taken.sort())
      .toEqual([
        ['a', undefined],
        ['b', 60],
      ]);
  });

  test('is dropped, the oldest first, when it is too much, and given up in time', async () => {
    const taken: string[] = [];
    let now = 0;
    let isWilling = false;
    const again = openPutAgain({
      everyMs: 5,
      maxBytes: 4,
      patienceMs: 1000,
      now: () => now,
      put: async (key) => {
        if (isWilling) taken.push(key);
        return isWilling;
      },
    });
    for (const key of ['a', 'b', 'c']) again.add(key, bytes('xx'), undefined);
    isWilling = true;
    await again[Symbol.asyncDispose]();
    expect(taken).toEqual(['b', 'c']);
    now = 0;
  });

  test('is found by others once their common store takes it, and is asked for once', async () => {
    const small = moodyStore();
    small.takes = false;
    const [one, other] = [0, 1].map(() => openTieredStore({ small, frontBytes: 1 << 20 }));
    expect(await one?.put('report/1/x', bytes('told'))).toBe(false);
    expect(await one?.get('report/1/x')).toEqual(bytes('told'));
    expect(await other?.get('report/1/x')).toBeUndefined();
    small.takes = true;
    await expect.poll(() => other?.get('report/1/x'), { timeout: 5000 }).toEqual(bytes('told'));
    await one?.[Symbol.asyncDispose]();
  });

  test('does not come back after it was deleted', async () => {
    const small = moodyStore();
    small.takes = false;
    const store = openTieredStore({ small, frontBytes: 1 << 20 });
    await store.put('report/1/x', bytes('told'));
    await store.delete('report/1/x');
    small.takes = true;
    await store[Symbol.asyncDispose]();
    expect(await small.get('report/1/x')).toBeUndefined();
  });
});
