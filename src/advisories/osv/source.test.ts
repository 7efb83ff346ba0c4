import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { osvArchive, osvRecord } from '../../../test/fixtures/osv-records.ts';
import { writeZip } from '../../../test/fixtures/zip-writer.ts';
import { notices, type Notice } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import { openHostGates } from '../../oci/registry/host-gates.ts';
import { openTransport, type Transport } from '../../oci/registry/transport.ts';
import { osvSource, type OsvOptions } from './source.ts';

const signal = new AbortController().signal;
let root: string;
let told: Notice[];
const listen = (notice: Notice): void => void told.push(notice);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drydock-osv-'));
  told = [];
  notices.subscribe(listen);
});
afterEach(() => {
  notices.unsubscribe(listen);
  rmSync(root, { recursive: true, force: true });
});

const noNetwork = (): Promise<Transport> => Promise.reject(new Error('the network was asked'));
const source = (sources: string[], more: Partial<OsvOptions> = {}) =>
  osvSource({ root: join(root, 'cache'), sources, transport: noNetwork, ...more });

function put(path: string, content: string | Uint8Array | object): string {
  const place = join(root, path);
  mkdirSync(join(place, '..'), { recursive: true });
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(place, isText ? content : JSON.stringify(content));
  return place;
}

async function codeOf(task: Promise<unknown>): Promise<string> {
  const error = await task.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DrydockError);
  return (error as DrydockError).code;
}

describe('records of a directory', () => {
  test('are found by package and by vulnerability', async () => {
    put(
      'records/npm/a.json',
      osvRecord('GHSA-1', 'npm', 'Left-Pad', '1.3.0', { aliases: ['CVE-2025-1000'] }),
    );
    put(
      'records/deb/b.json',
      osvRecord('DEBIAN-CVE-2025-1000', 'Debian:12', 'openssl', '3.0-1', {
        upstream: ['CVE-2025-1000'],
        summary: 'T',
      }),
    );
    put('records/read.me', 'not a record');
    const osv = source([join(root, 'records')]);
    expect(await osv.current()).toBeUndefined();
    expect(await codeOf(osv.open())).toBe('DATABASE_MISSING');
    const version = await osv.update({ signal });
    expect(version).toMatchObject({ source: 'osv', builtAt: '2026-01-02T00:00:00.000Z' });
    expect(await osv.current()).toEqual(version);
    await using store = await osv.open();
    expect(store.version).toEqual(version);
    expect(store.find({ ecosystem: 'npm', name: 'left-pad' })).toEqual([
      {
        id: 'CVE-2025-1000',
        vendorIds: ['GHSA-1'],
        source: { id: 'ghsa', name: 'GitHub Security Advisories', url: 'https://github.com/advisories' },
        affected: [{ fixed: '1.3.0' }],
        status: 'fixed',
      },
    ]);
    expect(store.find({ ecosystem: 'Debian:12', name: 'openssl' })).toMatchObject([
      { affected: [{ fixed: '3.0-1' }] },
    ]);
    expect(store.find({ ecosystem: 'npm', name: 'right-pad' })).toEqual([]);
    expect(store.covers('npm')).toBe(true);
    expect(store.covers('Debian:11')).toBe(false);
    expect(store.vulnerability('CVE-2025-1000')).toMatchObject({
      title: 'T',
      publishedAt: '2025-01-02T00:00:00Z',
    });
    expect(store.vulnerability('CVE-2025-1001')).toBeUndefined();
    expect(told).toEqual([]);
    expect((await osv.verify({ signal })).entries).toBe(6);
  });

  test('are read again when one of them is another', async () => {
    put('records/a.json', osvRecord('GHSA-1', 'npm', 'a', '1'));
    const osv = source([join(root, 'records')]);
    const first = await osv.update({ signal });
    expect(await osv.update({ signal })).toEqual(first);
    put('records/b.json', osvRecord('GHSA-2', 'npm', 'b', '1'));
    const second = await osv.update({ signal });
    expect(second.digest).not.toBe(first.digest);
    await using store = await osv.open();
    expect(store.find({ ecosystem: 'npm', name: 'b' })).toHaveLength(1);
  });

  test('make the same table in an archive', async () => {
    const records = [osvRecord('GHSA-2', 'npm', 'b', '1'), osvRecord('GHSA-1', 'npm', 'a', '1')];
    for (const record of records) put(`records/${String(record['id'])}.json`, record);
    put('all.zip', osvArchive(records));
    const ofDirectory = await source([join(root, 'records')]).update({ signal });
    const ofArchive = await source([join(root, 'all.zip')]).update({ signal });
    expect(ofArchive).toEqual(ofDirectory);
    const ofBoth = source([join(root, 'records'), join(root, 'all.zip')]);
    expect(await ofBoth.update({ signal })).toEqual(ofDirectory);
    await using store = await ofBoth.open();
    expect(store.find({ ecosystem: 'npm', name: 'a' })).toHaveLength(1);
  });

  test('extended maintenance counts where it speaks', async () => {
    const package_ = (ecosystem: string, id: string, fixed: string) =>
      put(`records/${id}.json`, osvRecord(`UBUNTU-${id}`, ecosystem, 'php', fixed, { upstream: [id] }));
    package_('Ubuntu:18.04:LTS', 'CVE-2020-1000', '1');
    put('records/both.json', {
      ...osvRecord('UBUNTU-CVE-2020-1001', 'Ubuntu:18.04:LTS', 'php', '2', { upstream: ['CVE-2020-1001'] }),
      affected: [
        ['Ubuntu:18.04:LTS', []],
        ['Ubuntu:Pro:18.04:LTS', [{ fixed: '2+esm1' }]],
      ].map(([ecosystem, events]) => ({
        package: { ecosystem, name: 'php' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, ...(events as object[])] }],
      })),
    });
    const osv = source([join(root, 'records')]);
    await osv.update({ signal });
    await using store = await osv.open();
    const of = (ecosystem: string) =>
      Object.fromEntries(store.find({ ecosystem, name: 'php' }).map(({ id, affected }) => [id, affected]));
    expect(of('Ubuntu:18.04')).toEqual({ 'CVE-2020-1000': [{ fixed: '1' }], 'CVE-2020-1001': [{}] });
    expect(of('Ubuntu:18.04:ESM')).toEqual({
      'CVE-2020-1000': [{ fixed: '1' }],
      'CVE-2020-1001': [{ fixed: '2+esm1' }],
    });
    expect(store.covers('Ubuntu:18.04:ESM')).toBe(true);
  });

  test('bad ones are counted and told, and the others count', async () => {
    put('records/a.json', osvRecord('GHSA-1', 'npm', 'a', '1'));
    put('records/b.json', '{"id":');
    put('records/c.json', '[]');
    const osv = source([join(root, 'records')]);
    await osv.update({ signal });
    expect(told).toMatchObject([{ code: 'OSV_RECORDS_REFUSED' }]);
    expect(told[0]?.message).toContain('2 of the records');
    expect(await osv.status()).toMatchObject([{ records: 1, refused: 1 + 1 }]);
  });

  test('none at all is an error', async () => {
    mkdirSync(join(root, 'empty'));
    expect(await codeOf(source([join(root, 'empty')]).update({ signal }))).toBe('DATABASE_UNSUPPORTED');
    expect(await codeOf(source([join(root, 'absent')]).update({ signal }))).toBe('SOURCE_NOT_FOUND');
    expect(await codeOf(source([put('x.zip', 'no archive')]).update({ signal }))).toBe('DATABASE_CORRUPT');
    const others = put('y.zip', writeZip([{ name: 'package.json', content: '{"name":"x"}' }]));
    expect(await codeOf(source([others]).update({ signal }))).toBe('DATABASE_UNSUPPORTED');
    expect(
      readdirSync(join(root, 'cache', 'osv')).flatMap((name) =>
        readdirSync(join(root, 'cache', 'osv', name)),
      ),
    ).toEqual([]);
  });

  test('a bomb is refused, and so are archives whose files lie over each other', async () => {
    const bomb = writeZip([
      { name: 'a.json', content: JSON.stringify(osvRecord('GHSA-1', 'npm', 'a', '1')) },
      { name: 'b.json', content: Buffer.alloc(40 << 20, 0x20) },
    ]);
    const osv = source([put('bomb.zip', bomb)]);
    await osv.update({ signal });
    expect(told[0]?.message).toMatch(/1 of the records .*b\.json.*more than 33554432 bytes/);

    const content = Buffer.alloc(1 << 20, 0x20);
    const archive = writeZip([{ name: 'a.json', content, method: 'stored' }]);
    const end = archive.length - 22;
    const record = archive.subarray(archive.readUInt32LE(end + 16), end);
    const many = Buffer.concat([
      archive.subarray(0, archive.readUInt32LE(end + 16)),
      ...Array<Buffer>(500).fill(record),
    ]);
    const tail = Buffer.from(archive.subarray(end));
    tail.writeUInt32LE(record.length * 500, 12);
    const overlapping = put('overlap.zip', Buffer.concat([many, tail]));
    expect(await codeOf(source([overlapping]).update({ signal }))).toBe('DATABASE_CORRUPT');
  });

  test('a damaged table is told, and made anew', async () => {
    put('records/a.json', osvRecord('GHSA-1', 'npm', 'a', '1'));
    const osv = source([join(root, 'records')]);
    const { digest } = await osv.update({ signal });
    const [input = ''] = readdirSync(join(root, 'cache', 'osv'));
    const table = join(root, 'cache', 'osv', input, digest.slice('sha256:'.length), 'table');
    const bytes = readFileSync(table);
    writeFileSync(table, bytes.subarray(0, bytes.length - 1));
    expect(await codeOf(osv.open())).toBe('DATABASE_CORRUPT');
    await osv.update({ signal });
    bytes[20] = (bytes[20] ?? 0) ^ 0xff;
    writeFileSync(table, bytes);
    expect(await codeOf(osv.verify({ signal }))).toBe('DATABASE_CORRUPT');
    await osv.update({ signal, force: true });
    await osv.verify({ signal });
  });

  test('what is called off leaves nothing', async () => {
    put('records/a.json', osvRecord('GHSA-1', 'npm', 'a', '1'));
    const osv = source([join(root, 'records')]);
    await expect(osv.update({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    expect(await osv.current()).toBeUndefined();
  });

  test('a URL with a password is refused without telling it', () => {
    expect(() => source(['https://me:hunter2@example.org/all.zip'])).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('hunter2') as string,
      }),
    );
  });
});

describe('archives of a server', () => {
  let server: Server;
  let base: string;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let asked: string[];
  let transport: Transport;

  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers['if-none-match'] ?? '-'}`);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    transport = openTransport(
      {
        insecureTlsHosts: [],
        caCertificates: [],
        caCertificatesByHost: {},
        clientCertificates: {},
        proxy: {},
        timeoutMs: 2000,
        userAgent: 'test',
      },
      openHostGates(4),
    );
  });
  afterAll(async () => {
    await transport[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    asked = [];
  });

  const archive = osvArchive([osvRecord('GHSA-1', 'npm', 'a', '1')]);
  const online = (sources: string[], more: Partial<OsvOptions> = {}) =>
    source(sources, { baseUrl: `${base}/`, transport: () => Promise.resolve(transport), ...more });
  const send =
    (content: Buffer, etag = '"1"'): typeof answer =>
    (request, response) => {
      if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
      else response.writeHead(200, { etag, 'content-length': content.length }).end(content);
    };

  test('are fetched once, and again only when they are others', async () => {
    let now = new Date('2026-01-10T00:00:00Z');
    const osv = online(['npm', 'crates.io'], { now: () => now });
    answer = send(archive);
    const first = await osv.update({ signal });
    expect(asked).toEqual(['/npm/all.zip -', '/crates.io/all.zip -']);
    await osv.update({ signal });
    expect(asked).toHaveLength(2);
    now = new Date('2026-01-10T07:00:00Z');
    expect(await osv.update({ signal })).toEqual(first);
    expect(asked.slice(2)).toEqual(['/npm/all.zip "1"', '/crates.io/all.zip "1"']);
    await osv.update({ signal });
    expect(asked).toHaveLength(4);
    now = new Date('2026-01-10T14:00:00Z');
    answer = send(osvArchive([osvRecord('GHSA-1', 'npm', 'a', '2')]), '"2"');
    expect((await osv.update({ signal })).digest).not.toBe(first.digest);
    await using store = await osv.open();
    expect(store.find({ ecosystem: 'npm', name: 'a' })).toMatchObject([{ affected: [{ fixed: '2' }] }]);
  });

  test('names of ecosystems may hold blanks', async () => {
    answer = send(archive);
    await online(['Red Hat']).update({ signal });
    expect(asked).toEqual(['/Red%20Hat/all.zip -']);
  });

  test('what cannot be had leaves what is here', async () => {
    let now = new Date('2026-01-10T00:00:00Z');
    const osv = online(['npm'], { now: () => now });
    answer = send(archive);
    const first = await osv.update({ signal });
    now = new Date('2026-01-11T00:00:00Z');
    for (const [bad, code] of [
      [send(Buffer.from('<html>'), '"2"'), 'DATABASE_CORRUPT'],
      [send(archive.subarray(0, archive.length - 30), '"3"'), 'DATABASE_CORRUPT'],
      [send(writeZip([]), '"4"'), 'DATABASE_UNSUPPORTED'],
      [(_, response) => void response.writeHead(404).end(), 'DATABASE_UNAVAILABLE'],
      [
        (_, response) => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
        'DATABASE_UNAVAILABLE',
      ],
      [(_, response) => void response.writeHead(302, { location: '/again' }).end(), 'DATABASE_UNAVAILABLE'],
      [
        (_, response) => void response.writeHead(200, { 'content-length': 2 ** 40 }).write('x'),
        'DATABASE_LIMIT',
      ],
    ] as [typeof answer, string][]) {
      answer = bad;
      expect(await codeOf(osv.update({ signal }))).toBe(code);
      expect(await osv.current()).toEqual(first);
    }
    await using store = await osv.open();
    expect(store.find({ ecosystem: 'npm', name: 'a' })).toHaveLength(1);
  });

  test('a connection that is cut is tried again', async () => {
    let times = 0;
    answer = (request, response) => {
      if (++times > 1) return send(archive)(request, response);
      response.writeHead(200, { 'content-length': archive.length });
      response.write(archive.subarray(0, 50), () => response.destroy());
    };
    await online(['npm']).update({ signal });
    expect(times).toBe(2);
    expect(told).toMatchObject([{ code: 'DATABASE_RETRIED' }]);
  });

  test('of several the others are brought, and the failure is told', async () => {
    answer = (request, response) =>
      request.url?.startsWith('/npm') ? send(archive)(request, response) : response.writeHead(403).end();
    const osv = online(['PyPI', 'npm']);
    await expect(osv.update({ signal })).rejects.toThrow(/OSV PyPI: .*answered 403/);
    expect((await osv.status()).map(({ source: name, records }) => [name, records])).toEqual([
      ['OSV PyPI', undefined],
      ['OSV npm', 1],
    ]);
  });

  test('offline nobody is asked', async () => {
    answer = send(archive);
    expect(await codeOf(online(['npm'], { offline: true }).update({ signal }))).toBe('DATABASE_UNAVAILABLE');
    await online(['npm']).update({ signal });
    const late = { offline: true, now: () => new Date('2036-01-01T00:00:00Z') };
    expect(await online(['npm'], late).update({ signal })).toMatchObject({ source: 'osv' });
    expect(asked).toHaveLength(1);
  });
});
