import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DrydockError } from '../../src/base/errors.ts';
import { fullReport } from '../fixtures/full-report.ts';
import { drydock, type Run } from '../fixtures/program.ts';
import { openScanServer, type ScanServer } from '../fixtures/scan-server.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const image = `oci:${join(examples, 'sample-image')}:latest`;
const database = join(examples, 'sample-db');
const TOKEN = 't0p-s3cret';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'drydock-client-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let caches = 0;
const env = (): Record<string, string> => ({ DRYDOCK_CACHE_DIR: join(folder, `cache-${++caches}`) });

/** Times, and what is made of chance. */
function settled({ stdout }: Run): string {
  return stdout
    .replace(/"(CreatedAt|timestamp|created|startTimeUtc|endTimeUtc)": ?"[^"]*"/g, '"$1":""')
    .replace(/"ReportID": ?"[^"]*"/g, '"ReportID":""')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'uuid');
}

describe("with a server of Drydock's", () => {
  let server: ScanServer;
  beforeAll(async () => {
    server = await openScanServer(database, { engine: `drydock/${version}`, token: TOKEN });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  afterEach(() => void server.asked.splice(0));

  const here = (...args: string[]) => drydock(['scan', '--db-path', database, ...args], { env: env() });
  const there = (...args: string[]) =>
    drydock(['scan', '--server', server.url, ...args], {
      env: { ...env(), DRYDOCK_TOKEN: TOKEN },
      cwd: folder,
    });

  test.each(['json', 'sarif', 'cyclonedx', 'table'])(
    'an image is told as %s as if judged here',
    async (format) => {
      const scanners = ['--scanners', 'vuln,secret,license,misconfig'];
      const run = await there('--format', format, ...scanners, image);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(settled(run)).toBe(settled(await here('--format', format, ...scanners, image)));
    },
  );

  test('what is asked for is looked for, and nothing else', async () => {
    const run = await there('--format', 'json', '--scanners', 'misconfig', image);
    expect(run.stdout).not.toContain('"Vulnerabilities"');
    expect(settled(run)).toBe(settled(await here('--format', 'json', '--scanners', 'misconfig', image)));
  });

  test('a layer that the server knows is not even read', async () => {
    await there(image);
    const copy = join(folder, 'without-layers');
    cpSync(join(examples, 'sample-image'), copy, { recursive: true });
    const blobs = join(copy, 'blobs', 'sha256');
    const manifestOf = (digest: string) =>
      JSON.parse(readFileSync(join(blobs, digest.replace('sha256:', '')), 'utf8')) as {
        layers: { digest: string }[];
      };
    const index = JSON.parse(readFileSync(join(copy, 'index.json'), 'utf8')) as {
      manifests: { digest: string }[];
    };
    const { layers } = manifestOf(index.manifests[0]?.digest ?? '');
    for (const { digest } of layers) rmSync(join(blobs, digest.replace('sha256:', '')));
    server.asked.splice(0);
    const run = await there('--format', 'json', `oci:${copy}:latest`);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('CVE-2023-6246');
    expect(server.asked.filter((one) => one.startsWith('PUT'))).toEqual([]);
  });

  test('filters, ignore files and exit codes are as they are here', async () => {
    writeFileSync(join(folder, 'ignored'), 'CVE-2023-6246\n');
    const flags = [
      '--severity',
      'critical,high',
      '--ignorefile',
      join(folder, 'ignored'),
      '--exit-code',
      '9',
    ];
    const run = await there('--format', 'json', ...flags, image);
    expect(run.code).toBe(9);
    expect(run.stdout).not.toContain('CVE-2023-6246');
    expect(settled(run)).toBe(settled(await here('--format', 'json', ...flags, image)));
  });

  test('a directory and a bill of materials are judged, too', async () => {
    const bom = join(folder, 'bom.json');
    const packed = await drydock(['sbom', '--server', server.url, '--output', bom, image], {
      env: { ...env(), DRYDOCK_TOKEN: TOKEN },
    });
    expect(packed).toMatchObject({ code: 0 });
    const run = await there('--format', 'json', `sbom:${bom}`);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('CVE-2023-6246');
    expect(settled(run)).toBe(settled(await here('--format', 'json', `sbom:${bom}`)));

    const root = join(folder, 'root');
    mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n');
    writeFileSync(
      join(root, 'var/lib/dpkg/status'),
      'Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc\nVersion: 2.36-9\n\n',
    );
    const tree = await there('--format', 'json', `dir:${root}`);
    expect(tree.stdout).toContain('CVE-2023-6246');
    expect(settled(tree)).toBe(settled(await here('--format', 'json', `dir:${root}`)));
  });

  test('without a token, and with a wrong one, access is denied', async () => {
    const bare = await drydock(['scan', '--server', server.url, image], { env: env() });
    expect(bare).toMatchObject({ code: 4, stdout: '' });
    expect(bare.stderr).toMatch(/denied access.*Pass --token/);
    const wrong = await drydock(['scan', '--debug', '--server', server.url, '--token', 'wr0ng', image], {
      env: env(),
    });
    expect(wrong.code).toBe(4);
    expect(wrong.stderr).not.toContain('wr0ng');
  });

  test('a server that is not there, and words that make no sense', async () => {
    const gone = await drydock(['scan', '--server', 'http://127.0.0.1:1', image], { env: env() });
    expect(gone).toMatchObject({ code: 5 });
    expect(gone.stderr).toMatch(/cannot talk to server 127\.0\.0\.1:1 \(ECONNREFUSED\)/);
    for (const url of ['localhost:4954', 'ftp://x', 'http://h/?q=1', 'http://me:p4ss@h/']) {
      const run = await drydock(['scan', '--server', url, image], { env: env() });
      expect(run).toMatchObject({ code: 2 });
      expect(run.stderr).not.toContain('p4ss');
    }
    const lone = await drydock(['scan', '--remote-pull', image], { env: env() });
    expect(lone).toMatchObject({ code: 2 });
    const local = await there('--remote-pull', image);
    expect(local).toMatchObject({ code: 2 });
    expect(local.stderr).toContain('is in no registry');
  });
});

describe('a server that forgets, and one that pulls', () => {
  const pulled = 'registry.example/app:1';
  const scan = (server: ScanServer, ...args: string[]) =>
    drydock(['scan', '--server', server.url, ...args], { env: env() });

  test('what a server has lost meanwhile is sent again, once', async () => {
    let losses = 1;
    await using server = await openScanServer(database, {
      onAsked: (path, store) => {
        if (path !== 'POST /api/assessments' || losses-- <= 0) return;
        return emptied(store);
      },
    });
    const run = await scan(server, image);
    expect(run).toMatchObject({ code: 0 });
    expect(server.asked.filter((path) => path === 'POST /api/assessments')).toHaveLength(2);
    losses = 100;
    const again = await scan(server, image);
    expect(again).toMatchObject({ code: 5 });
    expect(again.stderr).toContain('forgets layers');
  });

  async function emptied(store: ScanServer['store']): Promise<void> {
    const keys: string[] = [];
    for await (const key of store.keys('')) keys.push(key);
    for (const key of keys) await store.delete(key);
  }

  test('an image is pulled there, told by the name it was asked by, and only what was asked for', async () => {
    await using server = await openScanServer(database, {
      scan: () => Promise.resolve(fullReport()),
    });
    const login = ['--username', 'me', '--password-stdin'];
    const run = await drydock(
      ['scan', '--server', server.url, '--remote-pull', ...login, '--format', 'json', pulled],
      { env: env(), input: 'p4ss' },
    );
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({ ArtifactName: pulled });
    expect(run.stdout).toContain('"Vulnerabilities"');
    expect(run.stdout).not.toContain('"Secrets"');
    expect(server.credentials).toMatchObject([{ kind: 'basic', username: 'me' }]);
  });

  test('a scan that fails there ends as it would have ended here', async () => {
    await using server = await openScanServer(database, {
      scan: () => Promise.reject(new DrydockError('IMAGE_NOT_FOUND', `there is no ${pulled}`)),
    });
    const run = await scan(server, '--remote-pull', pulled);
    expect(run).toMatchObject({ code: 3 });
    expect(run.stderr).toContain(`there is no ${pulled}`);
  });
});

describe('with a server that means harm', () => {
  let server: Server;
  afterEach(() => void server.close());

  async function scanWith(listener: RequestListener, ...args: string[]): Promise<Run> {
    server = createServer(listener).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const run = await drydock(
      ['scan', '--server', `http://127.0.0.1:${port}`, '--token', TOKEN, ...args, image],
      { env: env() },
    );
    server.closeAllConnections();
    return run;
  }

  /** Ours as far as the version goes. */
  const ours =
    (rest: RequestListener): RequestListener =>
    (request, response) => {
      if (request.url !== '/version') return rest(request, response);
      response.end(JSON.stringify({ Version: '1', Drydock: { Version: '1' } }));
    };

  const judging = (report: string): RequestListener =>
    ours((request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(request.url === '/api/layers/missing' ? '{"missing":[]}' : report);
    });

  test.each<[string, RequestListener]>([
    ['answers in HTML', (_request, response) => void response.end('<html>welcome</html>')],
    ['answers nothing', (_request, response) => void response.end()],
    ['says nothing of layers', ours((_request, response) => void response.end('{}'))],
    ['gives an empty report', judging('{}')],
    ['gives a report that is a list', judging('[]')],
    ['nests', judging('['.repeat(100_000))],
  ])('that %s', async (_name, listener) => {
    const run = await scanWith(listener);
    expect(run).toMatchObject({ code: 5, stdout: '' });
    expect(run.stderr).toMatch(/^drydock: [^\n]+\n$/);
  });

  test('that leads elsewhere is not followed, with or without the token', async () => {
    const told: string[] = [];
    const other = createServer((request, response) => {
      told.push(request.url ?? '');
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const run = await scanWith((request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}${request.url}` }).end();
    });
    other.close();
    expect(run).toMatchObject({ code: 5 });
    expect(run.stderr).toContain('leads elsewhere');
    expect(told).toEqual([]);
  });

  test('that never comes to an end', async () => {
    const piece = Buffer.alloc(1 << 20, 0x20);
    const run = await scanWith(
      ours((_request, response) => {
        const more = (): void => {
          while (response.write(piece));
          response.once('drain', more);
        };
        response.on('close', () => response.removeAllListeners('drain'));
        more();
      }),
    );
    expect(run).toMatchObject({ code: 5 });
    expect(run.stderr).toContain('more than 256 MiB');
  });

  test('that never begins', async () => {
    const run = await scanWith(() => undefined, '--timeout', '2s');
    expect(run).toMatchObject({ code: 7 });
  });

  test('that colours the terminal', async () => {
    const run = await scanWith(
      ours((_request, response) => {
        response
          .writeHead(400)
          .end(JSON.stringify({ code: 'USAGE_INVALID', detail: '\u001b[31m', hint: '\u001b]0;x\u0007' }));
      }),
    );
    expect(run.code).toBe(5);
    expect(run.stderr).not.toMatch(/[\u001b\u0007]/);
  });

  test('that is busy is asked again, when it says', async () => {
    let asked = 0;
    const run = await scanWith((_request, response) => {
      if (++asked < 3) response.writeHead(503, { 'retry-after': '1' }).end();
      else response.writeHead(418).end();
    });
    expect(asked).toBe(3);
    expect(run.stderr).toContain('answered 418');
  });
});
