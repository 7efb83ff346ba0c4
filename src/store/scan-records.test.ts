import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../base/secret.ts';
import type { ScanRequest } from '../model/job.ts';
import { openMemoryStore } from './memory.ts';
import { openScanRecords } from './scan-records.ts';
import { openSealedValues } from './sealed-values.ts';
import { newSortableId, timeOfId } from './sortable-id.ts';

const request: ScanRequest = { image: 'alpine:3.20', priority: 'interactive', requestedBy: 'harbor' };
const START = 1_800_000_000_000;

function clockwork() {
  const clock = { time: START };
  const store = openMemoryStore(() => clock.time);
  const open = () => openScanRecords({ store, now: () => clock.time, keepSeconds: 7 * 86_400 });
  return { clock, store, open };
}

describe('ids that sort by time', () => {
  test('tell their time and sort by it', () => {
    const time = fc.integer({ min: 0, max: 2 ** 47 });
    fc.assert(
      fc.property(time, time, (a, b) => {
        const [left, right] = [newSortableId(a), newSortableId(b)];
        expect(timeOfId(left)).toBe(a);
        expect(left).toMatch(/^[0-9A-Z]{26}$/);
        if (a !== b) expect(left < right).toBe(a < b);
      }),
    );
  });
  test.each(['', 'x', '../../etc/passwd', `${'0'.repeat(25)}U`, '8'.repeat(26)])('%j is none', (text) => {
    expect(timeOfId(text)).toBeUndefined();
  });
});

describe('records of scans', () => {
  test('go from queued to running to an end that stays', async () => {
    const { open } = clockwork();
    const [records, others] = [open(), open()];
    const { id } = await records.create(request, records.newId(), false);
    expect(await others.find(id)).toMatchObject({ id, schema: 1, request, state: 'queued', attempts: 0 });
    await records.note(id, { state: 'running', attempts: 1, startedAt: new Date(START).toISOString() });
    expect(await others.find(id)).toMatchObject({ state: 'running', attempts: 1 });
    const ends = await Promise.all([
      records.end(id, { state: 'completed', cached: false }),
      others.end(id, { state: 'cancelled' }),
    ]);
    expect(ends[0]?.state).toBe(ends[1]?.state);
    await others.note(id, { state: 'running', attempts: 2 }); // of a worker that comes too late
    expect(await records.find(id)).toMatchObject({ state: ends[0]?.state, attempts: 1 });
    expect(await records.find('../x')).toBeUndefined();
  });

  test('are listed newest first, by state, caller and place', async () => {
    const { clock, open } = clockwork();
    const records = open();
    const ids: string[] = [];
    for (let i = 0; i < 200; i++) {
      clock.time += 60_000;
      const by = i % 2 ? 'even' : 'odd';
      ids.unshift((await records.create({ ...request, requestedBy: by }, records.newId(), false)).id);
    }
    const shown = async (filter: Parameters<typeof records.list>[0]) =>
      (await open().list(filter)).map(({ id }) => id);
    expect(await shown({ limit: 150 })).toEqual(ids.slice(0, 150));
    expect(await shown({ limit: 10, before: ids[149] ?? '' })).toEqual(ids.slice(150, 160));
    expect(await shown({ limit: 5, requestedBy: 'even' })).toEqual(
      ids.filter((_, i) => i % 2 === 0).slice(0, 5),
    );
    await records.end(ids[3] ?? '', { state: 'completed' });
    expect(await shown({ state: 'completed' })).toEqual([ids[3]]);
    await records.note(ids[5] ?? '', { state: 'running', attempts: 1 });
    expect(await shown({ state: 'running' })).toEqual([ids[5]]);
    expect(await shown({ state: 'queued', limit: 4 })).toEqual([ids[0], ids[1], ids[2], ids[4]]);
    expect(await shown({ before: 'nonsense' })).toEqual([]);
  });

  test('are forgotten some days after their end, and never before', async () => {
    const { clock, open } = clockwork();
    const records = open();
    const [over, waiting] = [records.newId(), records.newId()];
    await records.create(request, over, false);
    await records.create(request, waiting, false);
    await records.end(over, { state: 'completed' });
    clock.time += 6 * 86_400_000;
    expect(await records.find(over)).toMatchObject({ state: 'completed' });
    const open1: string[] = [];
    for await (const { id } of open().open()) open1.push(id);
    expect(open1).toEqual([waiting]);
    clock.time += 86_400_001;
    expect(await records.find(over)).toBeUndefined();
    for await (const _ of open().open()) expect.fail('it has waited too long');
    expect(await records.find(waiting)).toMatchObject({ state: 'failed', error: { code: 'TIMED_OUT' } });
    clock.time += 60 * 86_400_000;
    expect(await records.find(waiting)).toBeUndefined();
  });
});

describe('sealed values', () => {
  const key = Buffer.alloc(32, 7);

  test('open with the key and id they were sealed with, and with no other', async () => {
    const store = openMemoryStore();
    const sealed = openSealedValues(store, key);
    await sealed.keep('a', new Secret('s3cret'));
    expect((await sealed.find('a'))?.reveal()).toBe('s3cret');
    expect(await openSealedValues(store, Buffer.alloc(32, 8)).find('a')).toBeUndefined();
    const bytes = (await store.get('sealed/1/a')) ?? Buffer.alloc(0);
    expect(Buffer.from(bytes).includes('s3cret')).toBe(false);
    await store.put('sealed/1/b', bytes);
    expect(await sealed.find('b')).toBeUndefined();
    await sealed.forget('a');
    expect(await sealed.find('a')).toBeUndefined();
    expect(() => openSealedValues(store, Buffer.alloc(16))).toThrow(/32 bytes/);
  });

  test('never open to damage, and last an hour at most', async () => {
    let time = START;
    const store = openMemoryStore(() => time);
    const sealed = openSealedValues(store, key, 1e9);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (bytes) => {
        await store.put('sealed/1/x', bytes);
        expect(await sealed.find('x')).toBeUndefined();
      }),
    );
    await sealed.keep('x', new Secret('y'));
    time += 3_600_000;
    expect(await sealed.find('x')).toBeUndefined();
  });
});
