import { describe, expect, test } from 'vitest';
import type { CompositeRecord } from '../model/composite.ts';
import { openComponentWork } from './component-work.ts';
import { componentIdOf, compositeIdOf, openCompositeRecords } from './composite-records.ts';
import { openMemoryStore } from './memory.ts';

const finishedAt = '2026-11-21T00:00:00.000Z';
const recordOf = (id: string): CompositeRecord => ({
  schema: 1,
  id,
  requestedBy: 'one',
  createdAt: finishedAt,
  artifact: {} as CompositeRecord['artifact'],
  components: [
    { id: componentIdOf(id, 0), key: 'a/b', mediaType: 'a/b', parameters: {}, plan: { kind: 'local' } },
  ],
  hasCredential: false,
});

describe('records of scans of several types', () => {
  const open = (now = Date.now) => openCompositeRecords(openMemoryStore(now), { keepSeconds: 100, now });

  test('are found by their own id and by those of their parts', async () => {
    const records = open();
    const id = records.newId();
    await records.create(recordOf(id));
    expect(await records.find(id)).toMatchObject({ id });
    expect(await records.findComponent(componentIdOf(id, 0))).toMatchObject({ composite: { id } });
    expect(await records.findComponent(componentIdOf(id, 1))).toBeUndefined();
  });

  test.each([
    '',
    'c-',
    'c-x',
    's-x-1',
    '../../x',
    's-01ARZ3NDEKTSV4RRFFQ69G5FAV-0',
    's-01ARZ3NDEKTSV4RRFFQ69G5FAV-100',
  ])('%j is no id', async (id) => {
    expect(await open().find(id)).toBeUndefined();
    expect(await open().findComponent(id)).toBeUndefined();
    expect(compositeIdOf(id)).toBeUndefined();
  });

  test('an end is written once', async () => {
    const records = open();
    const [first, second] = await Promise.all([
      records.end('s', { state: 'completed', finishedAt }),
      records.end('s', { state: 'aborted', finishedAt }),
    ]);
    expect([first.isFirst, second.isFirst]).toEqual([true, false]);
    expect(second.end.state).toBe('completed');
    expect(await records.endOf('s')).toMatchObject({ state: 'completed' });
  });

  test('an idempotency key is its caller’s alone, until it is given back', async () => {
    const records = open();
    const claim = { id: 'c-1', requestHash: 'h' };
    expect(await records.claimKey('one', 'k', claim)).toBeUndefined();
    expect(await records.claimKey('one', 'k', { id: 'c-2', requestHash: 'h' })).toMatchObject(claim);
    expect(await records.claimKey('two', 'k', claim)).toBeUndefined();
    await records.releaseKey('one', 'k');
    expect(await records.claimKey('one', 'k', { id: 'c-2', requestHash: 'h' })).toBeUndefined();
  });

  test('open parts of a scanner are counted', async () => {
    const records = open();
    await records.noteOpen('a/b', 's-1', 100);
    await records.noteOpen('a/b', 's-2', 100);
    await records.noteOpen('a', 's-3', 100);
    await records.noteOver('a/b', 's-1');
    expect([await records.countOpen('a/b'), await records.countOpen('a')]).toEqual([1, 1]);
  });

  test('they are gone after their time', async () => {
    let now = Date.now();
    const records = open(() => now);
    const id = records.newId();
    await records.create(recordOf(id));
    now += 101_000;
    expect(await records.find(id)).toBeUndefined();
  });
});

test('damage in the store is a miss', async () => {
  const store = openMemoryStore();
  const records = openCompositeRecords(store, { keepSeconds: 100 });
  const id = records.newId();
  await store.put(`composite/1/${id}`, Buffer.from('{"schema":'));
  expect(await records.find(id)).toBeUndefined();
  const work = openComponentWork(store, { resultSeconds: 100, workSeconds: 100 });
  await store.put('component-result/1/k', Buffer.from('x'));
  expect(await work.findResult('k')).toBeUndefined();
});
