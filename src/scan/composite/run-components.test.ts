import { expect, test } from 'vitest';
import { leasesIn } from '../../jobs/leases.contract.ts';
import type { ConsumeOptions, Delivery, Outcome } from '../../jobs/queue.ts';
import type { CompositeRecord } from '../../model/composite.ts';
import { openComponentWork } from '../../store/component-work.ts';
import { componentIdOf, openCompositeRecords } from '../../store/composite-records.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { ScannerFailure } from '../scanners/scanner.ts';
import { runComponents, type RunComponentsOptions } from './run-components.ts';

test('what waits for the work of others asks the less often the longer it has waited', async () => {
  const store = openMemoryStore();
  const now = Date.parse('2026-01-01T00:00:00Z');
  const records = openCompositeRecords(store, { keepSeconds: 9999, now: () => now });
  const id = records.newId();
  const component = componentIdOf(id, 0);
  const candidate = {
    kind: 'scanner',
    id: 'other',
    name: 'other',
    maxInFlight: 1,
    timeoutSeconds: 9,
  } as const;
  await records.create({
    schema: 1,
    id,
    requestedBy: 'somebody',
    createdAt: new Date(now).toISOString(),
    artifact: { registryUrl: 'https://registry.test', repository: 'app' },
    components: [
      {
        id: component,
        key: 'a/b',
        mediaType: 'a/b',
        parameters: {},
        plan: { kind: 'remote', candidates: [candidate, { kind: 'local' }] },
      },
    ],
    hasCredential: false,
  } as unknown as CompositeRecord);
  let isThere = true;
  const identity = () =>
    isThere
      ? Promise.resolve({ name: 'o', vendor: 'o', version: '1' })
      : Promise.reject(new ScannerFailure('BACKEND_UNAVAILABLE', 'away'));
  const scanner = { id: 'other', identity };
  let handle: Parameters<RunComponentsOptions['queue']['consume']>[0] | undefined;
  const queue = {
    consume(given: typeof handle, _: ConsumeOptions) {
      handle = given;
      return Promise.resolve();
    },
  };
  await using leases = leasesIn(store);
  await runComponents(
    {
      queue: queue,
      records,
      work: openComponentWork(store, { resultSeconds: 9999, workSeconds: 9999 }),
      // Somebody else has it.
      leases: { ...leases, take: () => Promise.resolve(undefined) },
      choice: { find: () => Promise.resolve(scanner as never) },
      checkRegistry: () => Promise.resolve(),
      isReadable: () => Promise.resolve('yes'),
      scanHere: () => Promise.resolve('own'),
      scanSeconds: 9999,
      queueSeconds: 9999,
      sharedSeconds: { known: 1, unknown: 1 },
      now: () => now,
    },
    { signal: new AbortController().signal },
  );
  const delayAfter = async (waitedSeconds: number): Promise<Outcome | undefined> => {
    const joinedAt = new Date(now - waitedSeconds * 1000).toISOString();
    await records.note(component, { candidate: 0, isProven: true, joinedAt });
    const job = { id: component, kind: 'component', priority: 'interactive', lane: 'other' } as const;
    return await handle?.({ job } as Delivery, { signal: new AbortController().signal });
  };
  expect(await delayAfter(0)).toEqual({ kind: 'retry', delaySeconds: 1 });
  expect(await delayAfter(30)).toEqual({ kind: 'retry', delaySeconds: 3 });
  // Before others forget that it waits.
  expect(await delayAfter(600)).toEqual({ kind: 'retry', delaySeconds: 5 });
  // And when it is handed on it was running all the same.
  isThere = false;
  expect(await delayAfter(600)).toEqual({ kind: 'done' });
  expect(await records.progressOf(component)).toMatchObject({ candidate: 1, scanId: 'own', isBegun: true });
});
