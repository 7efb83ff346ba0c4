import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { notices, type Notice } from '../base/channels.ts';
import { openDegradingStore, type DegradingStore } from './degrading.ts';
import { openMemoryStore } from './memory.ts';
import { storeContract } from './store.contract.ts';
import type { Store } from './store.ts';

/** A store that can be broken. */
interface Breakable {
  readonly store: Store;
  asked: number;
  reading: 'well' | 'failing' | 'silent';
  writing: 'well' | 'failing' | 'silent';
}

function breakable(): Breakable {
  const inner = openMemoryStore();
  const state: Breakable = {
    asked: 0,
    reading: 'well',
    writing: 'well',
    store: undefined as unknown as Store,
  };
  const through = async <T>(how: Breakable['reading'], act: () => Promise<T>): Promise<T> => {
    state.asked++;
    if (how === 'silent') return await new Promise<never>(() => undefined);
    if (how === 'failing') throw new Error('broken');
    return await act();
  };
  const store: Store = {
    get: (key) => through(state.reading, () => inner.get(key)),
    put: (key, value, how) => through(state.writing, () => inner.put(key, value, how)),
    delete: (key) => through(state.writing, () => inner.delete(key)),
    async *keys(prefix) {
      for await (const key of inner.keys(prefix)) {
        yield key;
        await through(state.reading, () => Promise.resolve());
      }
    },
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  };
  return Object.assign(state, { store });
}

const limits = { maxFailures: 3, slowMs: 50, probeEveryMs: 100 };
const unavailable = { code: 'STORE_UNAVAILABLE' };
const value = Buffer.from('x');

storeContract('the forgiving view', (now) =>
  Promise.resolve(openDegradingStore(openMemoryStore(now), { name: 'redis' }).cache),
);
storeContract('the strict view', (now) =>
  Promise.resolve(openDegradingStore(openMemoryStore(now), { name: 'redis' }).strict),
);

describe('a store that may fail', () => {
  let inner: Breakable;
  let store: DegradingStore;
  const told: Notice[] = [];
  const listen = (notice: Notice): void => void told.push(notice);

  beforeEach(() => {
    inner = breakable();
    store = openDegradingStore(inner.store, { name: 'redis', ...limits });
    told.length = 0;
    notices.subscribe(listen);
  });
  afterEach(async () => {
    notices.unsubscribe(listen);
    await store[Symbol.asyncDispose]();
  });

  test.each(['failing', 'silent'] as const)(
    'is empty or unavailable while it is %s, and then not asked',
    async (how) => {
      const store = openDegradingStore(inner.store, { name: 'redis', ...limits, probeEveryMs: 60_000 });
      await store.strict.put('a', value);
      inner.reading = inner.writing = how;
      for (let i = 0; i < limits.maxFailures; i++) {
        expect(await store.cache.get('a')).toBeUndefined();
        await expect(store.strict.put('b', value, { ifAbsent: true })).rejects.toMatchObject(unavailable);
      }
      const { asked } = inner;
      for (let i = 0; i < 100; i++) {
        expect(await store.cache.get('a')).toBeUndefined();
        expect(await store.cache.put('a', value)).toBe(false);
        await store.cache.delete('a');
        await expect(store.strict.get('a')).rejects.toMatchObject(unavailable);
        await expect(store.strict.delete('a')).rejects.toMatchObject(unavailable);
      }
      expect(inner.asked).toBe(asked);
      expect(store.health()).toMatchObject({ state: 'degraded' });
      expect(told.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
      await store[Symbol.asyncDispose]();
    },
  );

  test('comes back by itself, and tells of it once', async () => {
    inner.reading = 'failing';
    for (let i = 0; i < 10; i++) await store.cache.get('a');
    expect(store.health()).toMatchObject({
      state: 'degraded',
      lastError: expect.stringContaining('broken') as string,
    });
    await sleep(250);
    expect(store.health().state).toBe('degraded');
    inner.reading = 'well';
    await sleep(150);
    expect(store.health().state).toBe('up');
    await store.strict.put('a', value);
    expect(await store.cache.get('a')).toEqual(value);
    expect(told.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE', 'STORE_AVAILABLE']);
  });

  test('still gives what it has when it can only be read', async () => {
    await store.strict.put('a', value);
    inner.writing = 'failing';
    for (let i = 0; i < 10; i++) expect(await store.cache.put('b', value)).toBe(false);
    expect(await store.strict.get('a')).toEqual(value);
    expect(store.health().state).toBe('degraded');
  });

  test('never gives a part of a list', async () => {
    for (const key of ['p/1', 'p/2', 'p/3']) await store.strict.put(key, value);
    inner.reading = 'failing';
    const keys = [];
    for await (const key of store.cache.keys('p/')) keys.push(key);
    expect(keys).toEqual([]);
    const reading = (async () => {
      for await (const _ of store.strict.keys('p/'));
    })();
    await expect(reading).rejects.toMatchObject(unavailable);
  });

  test('forgives a failure now and then', async () => {
    await store.strict.put('a', value);
    for (let i = 0; i < 20; i++) {
      inner.reading = 'failing';
      await store.cache.get('a');
      inner.reading = 'well';
      expect(await store.cache.get('a')).toEqual(value);
    }
    expect(store.health().state).toBe('up');
  });
});
