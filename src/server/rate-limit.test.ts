import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientOfAddress, openRateLimit } from './rate-limit.ts';

test('so many at once, then at a steady rate, for each client alone', () => {
  let now = 0;
  const limit = openRateLimit({ burst: 3, perSecond: 2 }, () => now);
  expect([1, 2, 3].map(() => limit.take('a'))).toEqual([0, 0, 0]);
  expect(limit.take('a')).toBeCloseTo(0.5);
  expect(limit.take('b')).toBe(0);
  now = 500;
  expect([limit.take('a'), limit.take('a') > 0]).toEqual([0, true]);
  now = 60_000;
  expect([1, 2, 3, 4].map(() => limit.take('a') === 0)).toEqual([true, true, true, false]);
});

test('never more than burst and rate allow, whatever the times', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 200 }), (steps) => {
      let [now, most, passed] = [1000, 1000, 0];
      const limit = openRateLimit({ burst: 5, perSecond: 10 }, () => now);
      for (const step of steps) {
        now += step;
        most = Math.max(most, now);
        if (limit.take('a') === 0) passed++;
      }
      const back = steps.filter((step) => step < 0).reduce((sum, step) => sum - step, 0);
      expect(passed).toBeLessThanOrEqual(5 + ((most - 1000 + back) / 1000) * 10 + 1e-6);
    }),
  );
});

test('the client silent for longest is forgotten first', () => {
  const limit = openRateLimit({ burst: 1, perSecond: 0.001, maxClients: 2 }, () => 0);
  expect(['a', 'b', 'a', 'c'].map((client) => limit.take(client) === 0)).toEqual([true, true, false, true]);
  expect([limit.take('a') === 0, limit.take('b') === 0]).toEqual([false, true]);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is the client %s', (address, client) => expect(clientOfAddress(address)).toBe(client));
