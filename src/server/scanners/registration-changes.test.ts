import { afterEach, expect, test } from 'vitest';
import { startAdapter } from '../../../test/fixtures/scanners/adapter-server.ts';
import { openScannersServer } from '../../../test/fixtures/scanners/scanners-server.ts';
import { modelStyle } from '../../../test/fixtures/scanners/vendors.ts';

const ends: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const REGISTRATIONS = '/api/v2/registrations';

async function open() {
  const server = await openScannersServer();
  ends.push(() => server[Symbol.asyncDispose]());
  const adapter = await startAdapter(modelStyle());
  ends.push(() => adapter[Symbol.asyncDispose]());
  return { ask: server.ask.bind(server), url: adapter.url };
}

test('changes of several fields at one time are all kept', async () => {
  const { ask, url } = await open();
  const { json } = await ask('POST', REGISTRATIONS, { name: 'east', url });
  const address = `${REGISTRATIONS}/${json.id}`;
  const changes = { description: 'the east', priority: 7, maxInFlight: 9, disabled: true, name: 'west' };
  const answers = await Promise.all(
    Object.entries(changes).map(([name, value]) => ask('PATCH', address, { [name]: value })),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  expect((await ask('GET', address)).json).toMatchObject(changes);
});

test('one of its times is changed alone', async () => {
  const { ask, url } = await open();
  const { json } = await ask('POST', REGISTRATIONS, { name: 'east', url, timeouts: { submit: 20 } });
  const changed = await ask('PATCH', `${REGISTRATIONS}/${json.id}`, { timeouts: { scan: 600 } });
  expect(changed.json).toMatchObject({ timeouts: { submit: 20, report: 60, scan: 600 } });
});

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

test.each([
  ['a certificate that is none', { caCertificate: PEM }],
  ['a token that cannot stand in a header', { auth: 'Bearer', access_credential: 'key€' }],
  ['a key that cannot stand in a header', { auth: 'APIKey', access_credential: 'key\u0100' }],
])('%s is refused where it is said', async (_what, field) => {
  const { ask, url } = await open();
  const body = { name: 'east', url };
  expect((await ask('POST', `${REGISTRATIONS}/ping`, { ...body, ...field })).status).toBe(422);
  expect((await ask('POST', REGISTRATIONS, { ...body, ...field })).status).toBe(422);
  expect((await ask('POST', `${REGISTRATIONS}?force=true`, { ...body, ...field })).status).toBe(422);
  const { json } = await ask('POST', REGISTRATIONS, body);
  const address = `${REGISTRATIONS}/${json.id}`;
  expect((await ask('PUT', address, { ...body, ...field })).status).toBe(422);
  expect((await ask('PATCH', address, field)).status).toBe(422);
  expect((await ask('GET', address)).json).toMatchObject({ health: { state: 'healthy' } });
});
