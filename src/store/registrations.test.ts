import { setMaxListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Secret } from '../base/secret.ts';
import { leasesIn } from '../jobs/leases.contract.ts';
import type { ScannerRegistration } from '../model/scanner-registration.ts';
import { openMemoryStore } from './memory.ts';
import { openRegistrations } from './registrations.ts';
import type { Store } from './store.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);
const key = Buffer.alloc(32, 7);

const registration = (id: string): ScannerRegistration => ({
  id,
  name: `scanner ${id}`,
  description: '',
  priority: 100,
  isDisabled: false,
  origin: 'request',
  repositories: [],
  maxInFlight: 4,
  timeouts: { submitSeconds: 10, reportSeconds: 60, scanSeconds: 1500 },
  target: { kind: 'adapter', url: 'http://a', auth: 'bearer', skipCertVerify: false },
  createdAt: '2026-01-01T00:00:00Z',
  updatedAt: '2026-01-01T00:00:00Z',
});

const open = (store: Store, sealKey?: Uint8Array) =>
  openRegistrations({ store, leases: leasesIn(store), ...(sealKey && { key: sealKey }) });

describe('registrations', () => {
  test('are seen by all processes that share the store, and their secrets by those with the key', async () => {
    const store = openMemoryStore();
    const [one, other, stranger] = [open(store, key), open(store, key), open(store, Buffer.alloc(32, 8))];
    await one.change(
      (book) => ({
        book: { ...book, registrations: [registration('a')], defaults: { x: 'a' }, defaultId: 'a' },
        secrets: new Map([['a', new Secret('hush-hush')]]),
      }),
      { signal },
    );
    expect(await other.read()).toEqual({
      registrations: [registration('a')],
      defaults: { x: 'a' },
      defaultId: 'a',
    });
    expect((await other.credential('a'))?.reveal()).toBe('hush-hush');
    expect(await stranger.credential('a')).toBeUndefined();
    for await (const name of store.keys('')) {
      const text = Buffer.from((await store.get(name)) ?? '').toString();
      expect(text).not.toContain('hush-hush');
      expect(text).not.toContain(Buffer.from('hush-hush').toString('base64'));
    }
  });

  test('of many changes at once none is lost', async () => {
    const store = openMemoryStore();
    const processes = [open(store, key), open(store, key), open(store, key)];
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        (processes[index % 3] ?? open(store, key)).change(
          (book) => ({
            book: { ...book, registrations: [...book.registrations, registration(String(index))] },
          }),
          { signal },
        ),
      ),
    );
    expect((await processes[0]?.read())?.registrations).toHaveLength(12);
  });

  test('a secret goes with its registration, or when it is not needed any more', async () => {
    const store = openMemoryStore();
    const registrations = open(store, key);
    const secrets = new Map([
      ['a', new Secret('one-secret')],
      ['b', new Secret('two-secret')],
    ]);
    await registrations.change(
      (book) => ({ book: { ...book, registrations: [registration('a'), registration('b')] }, secrets }),
      { signal },
    );
    await registrations.change((book) => ({ book, forget: ['a'] }), { signal });
    expect(await registrations.credential('a')).toBeUndefined();
    expect((await registrations.credential('b'))?.reveal()).toBe('two-secret');
    await registrations.change((book) => ({ book: { ...book, registrations: [] } }), { signal });
    expect(await registrations.credential('b')).toBeUndefined();
  });

  test('what a change refuses changes nothing, and the next one may go on', async () => {
    const registrations = open(openMemoryStore(), key);
    const refused = registrations.change(
      () => {
        throw new Error('no');
      },
      { signal },
    );
    await expect(refused).rejects.toThrow('no');
    await registrations.change((book) => ({ book: { ...book, registrations: [registration('a')] } }), {
      signal,
    });
    expect((await registrations.read()).registrations).toHaveLength(1);
  });

  test('without a key no secret is taken', async () => {
    const registrations = open(openMemoryStore());
    const change = registrations.change((book) => ({ book, secrets: new Map([['a', new Secret('x')]]) }), {
      signal,
    });
    await expect(change).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    expect(registrations.keepsSecrets).toBe(false);
  });

  test('a book that nobody can read is told', async () => {
    const store = openMemoryStore();
    await store.put('scanners/1/book', Buffer.from('{"schema":9}'));
    await expect(open(store, key).read()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
