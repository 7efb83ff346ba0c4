import { expect, test, vi } from 'vitest';
import * as heaps from './heap.ts';
import { openWaitingLine, type Waiting } from './waiting-line.ts';

vi.mock('./heap.ts', async (load) => {
  const real = await load<typeof heaps>();
  return { ...real, makeHeap: vi.fn(real.makeHeap) };
});

const waiting = (id: string, notBefore: number): Waiting => ({
  job: { id, kind: 'scan', priority: 'background', lane: 'registry' },
  acceptedAt: 0,
  notBefore,
});

test('what others have done is forgotten by who only adds and removes', () => {
  const line = openWaitingLine();
  line.add(waiting('first', 0));
  for (let i = 0; i < 10_000; i++) {
    line.add(waiting(`job-${i}`, i));
    line.remove(`job-${i}`);
  }
  const sizes = vi.mocked(heaps.makeHeap).mock.results.map(({ value }) => (value as { size: number }).size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2000);
  expect(line.take(() => true, 0)?.job.id).toBe('first');
});
