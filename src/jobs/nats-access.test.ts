import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selfSigned } from '../../test/fixtures/self-signed.ts';
import { Secret } from '../base/secret.ts';
import type { NatsServerOptions } from './nats-connect.ts';
import { natsProgram, openNatsServer } from './nats-server.contract.ts';
import { openNatsQueue } from './nats.ts';
import { job } from './queue.contract.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-nats-access-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function configured(text: string): Promise<Awaited<ReturnType<typeof openNatsServer>>> {
  const path = join(folder, 'server.conf');
  await writeFile(path, text);
  return await openNatsServer(['-c', path]);
}

/** Made for this test alone. */
const NKEY = {
  seed: 'SUAO2CX5P5XN34JBFAWKRYTQHSKNZILQNDLXXE2IQWK5I5X5YMIYTPKMJQ',
  user: 'UCPMV3ERFR7BWTXC4DNGFLD2J237J7KNKNCXGVRONUVYVGX2AAA7ELS7',
};

const ways: readonly [string, string, NatsServerOptions['authentication'] & object][] = [
  [
    'a user and a password',
    'authorization { user: drydock, password: "pa55word" }',
    { kind: 'password', user: 'drydock', password: new Secret('pa55word') },
  ],
  ['a token', 'authorization { token: "t0ken" }', { kind: 'token', token: new Secret('t0ken') }],
  [
    'an nkey',
    `authorization { users: [{ nkey: ${NKEY.user} }] }`,
    { kind: 'nkey', seed: new Secret(NKEY.seed) },
  ],
];

describe.skipIf(!natsProgram)('NATS that asks who is there (needs nats-server)', () => {
  test.each(ways)('lets in with %s', async (_name, text, authentication) => {
    await using server = await configured(text);
    await using queue = await openNatsQueue({ servers: [server.url], authentication });
    expect(await queue.enqueue(job('a'))).toBe(true);
  });

  test('keeps others out, and tells no secret', async () => {
    await using server = await configured('authorization { token: "t0ken" }');
    const opened = openNatsQueue({
      servers: [server.url.replace('//', '//user:pa55word@')],
      authentication: { kind: 'token', token: new Secret('wr0ng') },
    });
    const error: unknown = await opened.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
    expect(String(error)).not.toMatch(/pa55word|wr0ng|t0ken/);
  });

  test('is told when there is nobody, or no JetStream', async () => {
    const opened = openNatsQueue({ servers: ['nats://127.0.0.1:1'] });
    await expect(opened).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });

  const signed = selfSigned();
  test.skipIf(!signed)('speaks TLS, with a certificate of its own (needs openssl)', async () => {
    const { cert = '', key = '' } = signed ?? {};
    const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await writeFile(certFile, cert);
    await writeFile(keyFile, key);
    await using server = await configured(
      `tls { cert_file: "${certFile}", key_file: "${keyFile}", ca_file: "${certFile}", verify: true }`,
    );
    await using queue = await openNatsQueue({ servers: [server.url], tls: { ca: cert, cert, key } });
    expect(await queue.enqueue(job('a'))).toBe(true);
    const without = openNatsQueue({ servers: [server.url], tls: {} });
    await expect(without).rejects.toMatchObject({ code: 'QUEUE_UNAVAILABLE' });
  });
});
