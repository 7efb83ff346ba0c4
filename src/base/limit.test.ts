import { expect, test } from 'vitest';
import { limitTo } from './limit.ts';

const signal = new AbortController().signal;

test('lets so many through at once, the others in their order', async () => {
  const limiter = limitTo(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const task = (i: number) => async (): Promise<number> => {
    order.push(i);
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 2));
    inside--;
    return i;
  };
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => limiter.run(task(i), { signal })));
  expect(results).toEqual([0, 1, 2, 3, 4, 5]);
  expect([most, order]).toEqual([2, [0, 1, 2, 3, 4, 5]]);
});

test('a task that fails leaves its place', async () => {
  const limiter = limitTo(1);
  await expect(limiter.run(() => Promise.reject(new Error('no')), { signal })).rejects.toThrow('no');
  expect(await limiter.run(async () => 'yes', { signal })).toBe('yes');
});

test('leaving twice frees one place', async () => {
  const limiter = limitTo(1);
  const leave = await limiter.enter({ signal });
  leave();
  leave();
  await limiter.enter({ signal });
  const second = limiter.enter({ signal });
  expect(await Promise.race([second, Promise.resolve('waits')])).toBe('waits');
});

test('who is called off gives up his turn', async () => {
  const limiter = limitTo(1);
  const leave = await limiter.enter({ signal });
  const stop = new AbortController();
  const gone = limiter.enter({ signal: stop.signal });
  const next = limiter.enter({ signal });
  stop.abort(new Error('enough'));
  await expect(gone).rejects.toThrow('enough');
  leave();
  (await next)();
  await expect(limiter.enter({ signal: stop.signal })).rejects.toThrow('enough');
});
