import { expect, test } from 'vitest';
import type { ComponentProgress, CompositeRecord } from '../../model/composite.ts';
import type { ScanRecord } from '../../model/job.ts';
import { componentIdOf, openCompositeRecords } from '../../store/composite-records.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { lookAtComposite } from './look-at-composite.ts';

const now = Date.parse('2026-01-01T00:00:00Z');
const at = new Date(now).toISOString();

test.each<[string, Partial<ComponentProgress>, string]>([
  ['what was handed on at once', {}, 'started'],
  ['what another scanner was at before', { startedAt: at }, 'running'],
  ['what waited for the work of others before', { isBegun: true }, 'running'],
])('a scan that waits for its turn: %s', async (_, progress, state) => {
  const records = openCompositeRecords(openMemoryStore(), { keepSeconds: 9999, now: () => now });
  const id = records.newId();
  const plan = { kind: 'remote', candidates: [] };
  const component = { id: componentIdOf(id, 0), key: 'a/b', mediaType: 'a/b', parameters: {}, plan };
  const record = { schema: 1, id, createdAt: at, components: [component] } as unknown as CompositeRecord;
  await records.note(component.id, { candidate: 1, scanId: 'own', ...progress });
  const queued = { id: 'own', state: 'queued', createdAt: at } as ScanRecord;
  const look = await lookAtComposite(record, {
    records,
    requests: { find: () => Promise.resolve(queued), cancel: () => Promise.resolve(queued) },
    scanSeconds: 9999,
    queueSeconds: 9999,
    now: () => now,
  });
  expect(look.state).toBe(state);
});
