import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openTestServer } from '../../../test/fixtures/test-server.ts';
import type { CompositeLook } from '../../scan/composite/composites.ts';
import { compositeDoor } from './door.ts';
import type { CompositeParts } from './parts.ts';

const body = JSON.stringify({
  registry: { url: 'https://registry.test' },
  artifact: { repository: 'app', digest: `sha256:${'a'.repeat(64)}` },
  scanTypes: { 'application/vnd.security.secret.report; version=1.0': null },
});

test.each([
  ['without a key it is called off, as nobody will ask for it', undefined, 1],
  ['by his key its asker will find it', 'k', 0],
])('a scan that is accepted too late: %s', async (_, key, expected) => {
  let aborted = 0;
  const parts = {
    version: '1',
    submitWaitMs: 10,
    databases: () => Promise.resolve([]),
    composites: {
      submit: () => wait(60, {} as CompositeLook),
      find: () => Promise.resolve(undefined),
      abort(look: CompositeLook) {
        aborted++;
        return Promise.resolve(look);
      },
    },
  } as unknown as CompositeParts;
  await using server = await openTestServer({ doors: [compositeDoor(parts)] });
  const headers = {
    'content-type': 'application/json',
    ...(key !== undefined && { 'idempotency-key': key }),
  };
  const answer = await fetch(`${server.url}/api/v2/scan`, { method: 'POST', headers, body });
  expect(answer.status).toBe(503);
  await wait(100);
  expect(aborted).toBe(expected);
});
