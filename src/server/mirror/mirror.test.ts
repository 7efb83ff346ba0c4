import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Fastify, { type FastifyInstance } from 'fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shared } from '../../../test/fixtures/shared.ts';
import { trivyDbSource, type TrivyDbSource } from '../../advisories/trivy-db/source.ts';
import { TRIVY_DB } from './artifact.ts';
import { parseByteRange } from './byte-range.ts';
import { mirrorDoor } from './door.ts';
import { mirroredDatabase } from './mirrored-database.ts';

const run = promisify(execFile);
const { signal } = new AbortController();
const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;
const noRegistry = (): Promise<never> => Promise.reject(new Error('no registry'));

describe('a range', () => {
  test.each([
    ['bytes=0-9', 100, { start: 0, end: 9 }],
    ['bytes=90-', 100, { start: 90, end: 99 }],
    ['bytes=90-500', 100, { start: 90, end: 99 }],
    ['bytes=-10', 100, { start: 90, end: 99 }],
    ['bytes=-500', 100, { start: 0, end: 99 }],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=9-3', 100, undefined],
    ['bytes=0-1,5-6', 100, undefined],
    ['bytes=-', 100, undefined],
    ['lines=1-2', 100, undefined],
    [undefined, 100, undefined],
  ])('%s of %i bytes', (header, size, range) => expect(parseByteRange(header, size)).toEqual(range));
  test('lies within', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(1e6), (text, size) => {
        const range = parseByteRange(`bytes=${text}`, size);
        if (range && range !== 'unsatisfiable') {
          expect(range.start).toBeLessThanOrEqual(range.end);
          expect(range.end).toBeLessThan(size);
        }
      }),
    );
  });
});

describe.skipIf(!shared)('a mirror of databases (needs ../shared)', () => {
  let root = '';
  let app: FastifyInstance;
  let origin = '';
  let source: TrivyDbSource;
  const archive = (day: string): string => `${shared}/data/trivy-db/db-${day}.tar.gz`;
  const mirrored = (of: TrivyDbSource, folder: string) =>
    mirroredDatabase(TRIVY_DB, of, { directory: join(root, folder), signal });
  const sourceIn = (folder: string, keepsArchive: boolean): TrivyDbSource =>
    trivyDbSource({ root: join(root, folder), sources: [], registry: noRegistry, keepsArchive });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'drydock-mirror-'));
    source = sourceIn('cache', true);
    app = Fastify();
    await app.register(async (scoped) =>
      mirrorDoor({ databases: [mirrored(source, 'built')], isOpen: true })(scoped),
    );
    await app.listen({ host: '127.0.0.1', port: 0 });
    origin = `127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await app.close();
    await rm(root, { recursive: true, force: true });
  });
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
    fetch(`http://${origin}${path}`, { headers, method });

  test('has nothing before there is something', async () => {
    expect((await get('/v2/trivy-db/manifests/2')).status).toBe(404);
    expect((await get('/v2/')).status).toBe(200);
  });

  test('offers the very archive that came', async () => {
    const version = await source.importFrom(archive('2026-10-15'), { signal });
    const response = await get('/v2/aquasecurity/trivy-db/manifests/2');
    const manifest = (await response.json()) as { layers: { digest: string; size: number }[] };
    const [layer] = manifest.layers;
    expect(layer?.digest).toBe(version.digest);
    const blob = await get(`/v2/aquasecurity/trivy-db/blobs/${layer?.digest}`);
    const bytes = Buffer.from(await blob.arrayBuffer());
    expect(bytes.equals(await readFile(archive('2026-10-15')))).toBe(true);
    expect(blob.headers.get('content-length')).toBe(String(layer?.size));
    expect(await (await get('/v2/trivy-db/tags/list')).json()).toEqual({ name: 'trivy-db', tags: ['2'] });
  });

  test('answers parts, heads and what is known already', async () => {
    const { digest } = (await source.current()) ?? { digest: '' };
    const path = `/v2/trivy-db/blobs/${digest}`;
    const part = await get(path, { range: 'bytes=10-19' });
    expect([part.status, part.headers.get('content-range')?.startsWith('bytes 10-19/')]).toEqual([206, true]);
    const whole = await readFile(archive('2026-10-15'));
    expect(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(10, 20))).toBe(true);
    expect((await get(path, { range: `bytes=${whole.length}-` })).status).toBe(416);
    const head = await get(path, {}, 'HEAD');
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.length)]);
    expect(head.headers.get('docker-content-digest')).toBe(digest);
    expect((await get(path, { 'if-none-match': `"${digest}"` })).status).toBe(304);
    const manifest = await get('/v2/trivy-db/manifests/2', {}, 'HEAD');
    expect(Number(manifest.headers.get('content-length'))).toBeGreaterThan(100);
  });

  test('knows no other names, and no way out', async () => {
    for (const path of [
      '/v2/other/manifests/2',
      '/v2/trivy-db/manifests/9',
      '/v2/trivy-db/blobs/sha256:00',
      '/v2/x',
    ]) {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.json()).toHaveProperty('errors');
    }
    expect((await get('/v2/trivy-db/blobs/..%2f..%2fcurrent.json')).status).toBe(404);
  });

  test('goes on with the archive before while the next is in use', async () => {
    const before = await source.current();
    await source.importFrom(archive('2026-11-21'), { signal });
    const manifest = (await (await get('/v2/trivy-db/manifests/2')).json()) as {
      layers: { digest: string }[];
    };
    expect(manifest.layers[0]?.digest).not.toBe(before?.digest);
    expect((await get(`/v2/trivy-db/blobs/${before?.digest}`, {}, 'HEAD')).status).toBe(200);
  });

  test('packs what was installed without its archive, always to the same bytes', async () => {
    const bare = sourceIn('bare', false);
    await bare.importFrom(archive('2026-10-15'), { signal });
    const first = await mirrored(bare, 'packed-1').current();
    const again = await mirrored(bare, 'packed-1').current();
    const second = await mirrored(bare, 'packed-2').current();
    expect(second?.manifest.digest).toBe(first?.manifest.digest);
    expect(again?.archive).toEqual(first?.archive);
    const packed = await readFile(first?.archive.path ?? '');
    expect(`sha256:${createHash('sha256').update(packed).digest('hex')}`).toBe(first?.archive.digest);
    const other = sourceIn('other', false);
    await other.importFrom(first?.archive.path ?? '', { signal });
    expect(await other.verify({ signal })).toMatchObject({ isAsInstalled: true });
  });

  test.skipIf(!hasSkopeo)('is copied by skopeo (needs skopeo)', async () => {
    const to = join(root, 'layout');
    const from = `docker://${origin}/aquasec/trivy-db:2`;
    await run('skopeo', ['copy', '--src-tls-verify=false', from, `oci:${to}:2`], { timeout: 60_000 });
    const index = JSON.parse(await readFile(join(to, 'index.json'), 'utf8')) as { manifests: unknown[] };
    expect(index.manifests).toHaveLength(1);
  });
});
