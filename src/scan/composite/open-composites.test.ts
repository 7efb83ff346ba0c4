import { describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import { toDigest } from '../../base/digest.ts';
import type { ScanRecord } from '../../model/job.ts';
import { openCompositeRecords } from '../../store/composite-records.ts';
import { openMemoryStore } from '../../store/memory.ts';
import type { AskedComposite } from './composites.ts';
import { openComposites } from './open-composites.ts';
import { FILESYSTEM, SECRETS } from './scan-types.ts';

const FOREIGN = 'application/vnd.security.malware.report; version=1.0';
const HOUR_MS = 3_600_000;

function open() {
  const store = openMemoryStore();
  const records = openCompositeRecords(store, { keepSeconds: 48 * 3600 });
  const world = { nowMs: Date.parse('2026-01-01T00:00:00Z'), isFull: false };
  const record = { id: 'own', state: 'queued', createdAt: '2026-01-01T00:00:00Z' } as ScanRecord;
  const composites = openComposites({
    records,
    requests: {
      submit: () => Promise.resolve(record),
      find: () => Promise.resolve(record),
      cancel: () => Promise.resolve(record),
    },
    queue: {
      enqueue: () =>
        world.isFull
          ? Promise.reject(new DrydockError('QUEUE_FULL', 'too much waits'))
          : Promise.resolve(true),
    },
    choice: {
      choose({ mediaType }) {
        if (mediaType !== FOREIGN) return Promise.resolve([{ kind: 'local' }]);
        const scanner = { id: 'other' } as never;
        return Promise.resolve([
          { kind: 'scanner', scanner, name: 'other', maxInFlight: 1, timeoutSeconds: 9 },
        ]);
      },
    },
    ruleIds: () => Promise.resolve(new Set(['DD-FS-0001'])),
    now: () => world.nowMs,
  });
  const empty = async () => {
    for await (const key of store.keys('')) await store.delete(key);
  };
  return { composites, world, empty };
}

const asked: AskedComposite = {
  requestedBy: 'somebody',
  artifact: {
    registryUrl: 'https://registry.test',
    plainHttp: false,
    image: `registry.test/app@sha256:${'a'.repeat(64)}`,
    repository: 'app',
    digest: toDigest(`sha256:${'a'.repeat(64)}`) as never,
  },
  types: [
    { key: FOREIGN, parameters: null },
    { key: SECRETS, parameters: null },
  ],
  isStrict: false,
};

describe('scans of several types', () => {
  test('who repeats himself while the queue is full does no harm to what he asked for before', async () => {
    const { composites, world } = open();
    const { record } = await composites.submit({ ...asked, idempotencyKey: 'k' });
    world.isFull = true;
    await expect(composites.submit({ ...asked, idempotencyKey: 'k' })).rejects.toThrow('too much waits');
    expect((await composites.find(record.id))?.state).toBe('started');
    world.isFull = false;
    expect((await composites.submit({ ...asked, idempotencyKey: 'k' })).record.id).toBe(record.id);
  });

  test.each([
    ['DD-FS-0001', 'started'],
    ['world_writable', 'failed'],
  ])('files are checked by %s: %s', async (id, expected) => {
    const types = [
      { key: FILESYSTEM, parameters: { checks: [id] } },
      { key: SECRETS, parameters: null },
    ];
    const { components } = await open().composites.submit({ ...asked, types });
    expect(components.map(({ state }) => state)).toEqual([expected, 'started']);
  });

  test('what was called off does not come back when the store is emptied', async () => {
    const { composites, empty } = open();
    const look = await composites.submit(asked);
    expect((await composites.abort(look)).state).toBe('aborted');
    await empty();
    expect(await composites.find(look.record.id)).toBeUndefined();
  });

  test('what the store has forgotten in its time is not begun again', async () => {
    const { composites, world, empty } = open();
    const { record } = await composites.submit(asked);
    world.nowMs += HOUR_MS;
    await empty();
    expect((await composites.find(record.id))?.state).toBe('started');
    world.nowMs += 47 * HOUR_MS;
    await empty();
    expect(await composites.find(record.id)).toBeUndefined();
  });
});
