import { describe, expect, test } from 'vitest';
import { retry, sleep, startPatience, type RetryOptions } from './retry.ts';

const signal = new AbortController().signal;
const base: RetryOptions = {
  maxRetries: 3,
  baseDelayMs: 1,
  maxDelayMs: 100,
  maxTotalMs: 1000,
  leastDelayMs: () => 0,
};

describe('retry', () => {
  test('gives what an attempt gives in the end', async () => {
    let attempts = 0;
    const task = async (): Promise<string> => {
      if (++attempts < 3) throw new Error('not yet');
      return 'done';
    };
    expect(await retry(task, { ...base, signal })).toBe('done');
  });

  test('throws the last error after so many attempts', async () => {
    let attempts = 0;
    const task = (): Promise<never> => Promise.reject(new Error(`no ${++attempts}`));
    await expect(retry(task, { ...base, signal })).rejects.toThrow('no 4');
  });

  test('does not repeat what is useless', async () => {
    let attempts = 0;
    const task = (): Promise<never> => Promise.reject(new Error(`no ${++attempts}`));
    await expect(retry(task, { ...base, signal, leastDelayMs: () => undefined })).rejects.toThrow('no 1');
  });

  test('doubles its waits, each shortened by chance by up to a half, up to a limit', async () => {
    const delays: number[] = [];
    const options = { ...base, maxRetries: 5, baseDelayMs: 2, maxDelayMs: 10, signal };
    const fail = (): Promise<never> => Promise.reject(new Error());
    const onRetry = (_error: unknown, ms: number): void => void delays.push(ms);
    await retry(fail, { ...options, onRetry, random: () => 1 }).catch(() => undefined);
    await retry(fail, { ...options, onRetry, random: () => 0 }).catch(() => undefined);
    expect(delays).toEqual([2, 4, 8, 10, 10, 1, 2, 4, 5, 5]);
  });

  test('waits as long as it is told to, but not longer than it likes in all', async () => {
    const delays: number[] = [];
    const onRetry = (_error: unknown, ms: number): void => void delays.push(ms);
    const options = { ...base, maxRetries: 99, maxTotalMs: 100, leastDelayMs: () => 30, onRetry, signal };
    await retry(() => Promise.reject(new Error()), options).catch(() => undefined);
    expect(delays).toEqual([30, 30, 30]);
  });

  test('ends with the reason when it is called off', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const running = retry(() => Promise.reject(new Error()), {
      ...base,
      leastDelayMs: () => 500,
      signal: stop.signal,
    });
    setTimeout(() => stop.abort(reason), 5);
    await expect(running).rejects.toBe(reason);
    await expect(sleep(1, { signal: stop.signal })).rejects.toBe(reason);
  });
});

test('progress forgives earlier failures', async () => {
  const patience = startPatience({ ...base, maxRetries: 1 });
  await patience.afterFailure(new Error('a'), { signal });
  patience.onProgress();
  await patience.afterFailure(new Error('b'), { signal });
  await expect(patience.afterFailure(new Error('c'), { signal })).rejects.toThrow('c');
});
