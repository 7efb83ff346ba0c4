import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Lease, Leases } from '../leases.ts';

/** One place where leases are kept, and those who meet there. */
export interface LeasePlace extends AsyncDisposable {
  join(): Promise<Leases>;
}

const ttlSeconds = 0.6;

/** What every kind of leases must do. Each one's test is one call to this, and what is its own. */
export function leasesContract(kind: string, open: () => Promise<LeasePlace>): void {
  describe(`leases ${kind}`, () => {
    test('go to one of many who want one at once', async () => {
      await using place = await open();
      const all = await Promise.all(Array.from({ length: 8 }, () => place.join()));
      for (let round = 0; round < 5; round++) {
        const taken = await Promise.all(
          all.flatMap((leases) => [1, 2, 3].map(() => leases.take(`round ${round}`, { ttlSeconds: 30 }))),
        );
        expect(taken.filter(Boolean)).toHaveLength(1);
      }
    });

    test('pass on when they are given back, and then the fence is higher', async () => {
      await using place = await open();
      const [a, b] = [await place.join(), await place.join()];
      let last = 0;
      for (let round = 0; round < 20; round++) {
        const lease = await held((round % 2 ? a : b).take('x', { ttlSeconds: 30 }));
        expect(lease.name).toBe('x');
        expect(lease.fence).toBeGreaterThan(last);
        expect(await a.take('x', { ttlSeconds: 30 })).toBeUndefined();
        expect(await b.take('x', { ttlSeconds: 30 })).toBeUndefined();
        last = lease.fence;
        await lease[Symbol.asyncDispose]();
        await lease[Symbol.asyncDispose]();
        expect(lease.lost.aborted).toBe(false);
      }
    });

    test('are kept for longer than their time while the holder lives', async () => {
      await using place = await open();
      const [a, b] = [await place.join(), await place.join()];
      await using lease = await held(a.take('x', { ttlSeconds }));
      for (let i = 0; i < 15; i++) {
        await sleep(100);
        expect(await b.take('x', { ttlSeconds })).toBeUndefined();
      }
      expect(lease.lost.aborted).toBe(false);
    });

    test('of other names are of no concern, whatever they are called', async () => {
      await using place = await open();
      const leases = await place.join();
      const names = ['', 'a', 'a/b', '../x', '{a}', '{b}', 'ü\0', 'n'.repeat(4000)];
      const taken = await Promise.all(names.map((name) => held(leases.take(name, { ttlSeconds }))));
      expect(taken.map(({ name }) => name)).toEqual(names);
    });

    test('are all given back when their holder leaves, who is told so', async () => {
      await using place = await open();
      const [a, b] = [await place.join(), await place.join()];
      const [one, two] = [await held(a.take('1', { ttlSeconds })), await held(a.take('2', { ttlSeconds }))];
      await one[Symbol.asyncDispose]();
      await a[Symbol.asyncDispose]();
      expect([one.lost.aborted, two.lost.aborted]).toEqual([false, true]);
      expect((await held(b.take('2', { ttlSeconds }))).fence).toBeGreaterThan(two.fence);
    });

    test('of nonsensical length are refused', async () => {
      await using place = await open();
      const leases = await place.join();
      for (const wrong of [0, -1, NaN, Infinity])
        await expect(leases.take('x', { ttlSeconds: wrong })).rejects.toMatchObject({ code: 'INTERNAL' });
    });
  });
}

export async function held(taking: Promise<Lease | undefined>): Promise<Lease> {
  const lease = await taking;
  if (!lease) throw new Error('somebody else holds it');
  return lease;
}
