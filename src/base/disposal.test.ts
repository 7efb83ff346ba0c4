import { expect, test } from 'vitest';
import { openDisposal } from './disposal.ts';

test('puts away the last first, once, whatever fails', async () => {
  const order: string[] = [];
  const disposal = openDisposal();
  const item = { [Symbol.asyncDispose]: () => Promise.resolve(void order.push('first')) };
  expect(disposal.use(item)).toBe(item);
  disposal.defer(() => Promise.reject(new Error('second')));
  disposal.defer(() => void order.push('third'));
  await expect(disposal[Symbol.asyncDispose]()).rejects.toThrow('second');
  await disposal[Symbol.asyncDispose]();
  expect(order).toEqual(['third', 'first']);
});
