import { expect, test } from 'vitest';
import type { Run } from '../run.ts';
import { openRegistries } from './registries.ts';

const { signal } = new AbortController();
const runWith = (settings: object): Run =>
  ({
    loaded: {
      config: { listen: 'localhost:4954', allowRegistry: [], allowPrivateNetworks: true, ...settings },
    },
  }) as unknown as Run;

test('who can only be asked from this machine scans from this machine', async () => {
  await using registries = openRegistries(runWith({}), 'server');
  await expect(registries.check('127.0.0.1:5000', { signal })).resolves.toBeUndefined();
  await using open = openRegistries(runWith({ listen: '0.0.0.0:4954' }), 'server');
  await expect(open.check('127.0.0.1:5000', { signal })).rejects.toMatchObject({ code: 'TARGET_FORBIDDEN' });
});

test('a worker does not, whatever a server would listen on, unless it is told to', async () => {
  await using registries = openRegistries(runWith({}), 'worker');
  await expect(registries.check('127.0.0.1:5000', { signal })).rejects.toMatchObject({
    code: 'TARGET_FORBIDDEN',
  });
  await using told = openRegistries(runWith({ allowRegistry: ['127.0.0.1:*'] }), 'worker');
  await expect(told.check('127.0.0.1:5000', { signal })).resolves.toBeUndefined();
});
