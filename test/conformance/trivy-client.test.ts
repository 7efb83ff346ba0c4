import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { drydock } from '../fixtures/program.ts';
import { shared } from '../fixtures/shared.ts';

/** A real Trivy to speak with; never a dependency. */
const trivy = process.env['DRYDOCK_TRIVY'];
const isReady = shared !== undefined && images !== undefined && trivy !== undefined && existsSync(trivy);

interface Told {
  readonly Results?: readonly {
    readonly Class: string;
    readonly Target: string;
    readonly Vulnerabilities?: readonly Record<string, string>[];
  }[];
}

/** What was found, and where. */
function found(text: string): string[] {
  const { Results = [] } = JSON.parse(text) as Told;
  return Results.flatMap(({ Class, Target, Vulnerabilities = [] }) =>
    Vulnerabilities.map((one) =>
      [
        Class,
        Target,
        ...['VulnerabilityID', 'PkgName', 'PkgPath', 'InstalledVersion', 'FixedVersion', 'Severity'].map(
          (name) => one[name] ?? '',
        ),
      ].join(' '),
    ),
  ).sort();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!isReady)(
  'a real Trivy server finds what is found here (needs ../shared, DRYDOCK_TEST_IMAGES, DRYDOCK_TRIVY)',
  { timeout: 120_000 },
  () => {
    let database: ReturnType<typeof realDatabase>;
    let home: string;
    let url: string;
    let server: ChildProcess;
    let errors = '';

    beforeAll(async () => {
      database = realDatabase();
      home = join(database?.folder ?? '', 'trivy');
      mkdirSync(join(home, 'db'), { recursive: true });
      for (const file of ['trivy.db', 'metadata.json'])
        cpSync(join(database?.folder ?? '', file), join(home, 'db', file));
      const address = `127.0.0.1:${await freePort()}`;
      const flags = ['--listen', address, '--token', 's3cret', '--token-header', 'X-Ours'];
      server = spawn(trivy ?? '', ['--cache-dir', home, 'server', '--skip-db-update', ...flags], {
        env: { HOME: home },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      server.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      url = `http://${address}`;
      for (let tries = 0; tries < 200 && !errors.includes('Listening'); tries++) await wait(100);
    });
    afterAll(async () => {
      const ended = new Promise((resolve) => server.once('close', resolve));
      server.kill();
      await ended;
      rmSync(home, { recursive: true, force: true });
      database?.remove();
    });

    const remote = (...args: string[]) =>
      drydock(['scan', '--server', url, '--no-cache', '--token-header', 'X-Ours', ...args], {
        env: { DRYDOCK_TOKEN: 's3cret' },
      });

    test.each(layouts(/^(?!hostile)/))('%s', async (name) => {
      const image = `oci:${join(images ?? '', name)}`;
      const args = ['--format', 'json', '--no-cache', '--db-path', database?.folder ?? '', image];
      const here = await drydock(['scan', ...args]);
      const there = await remote('--format', 'json', image);
      expect(here.code).toBe(0);
      expect(there).toMatchObject({ code: 0 });
      expect(found(there.stdout)).toEqual(found(here.stdout));
    });

    test('a wrong token is told as such, and not what it was', async () => {
      const args = ['scan', '--server', url, '--token', 'wr0ng', '--token-header', 'X-Ours'];
      const run = await drydock([...args, '--no-cache', `oci:${join(images ?? '', 'alpine-3.20.3-x86_64')}`]);
      expect(run.code).toBe(4);
      expect(run.stderr).toContain('denied access');
      expect(run.stderr).not.toContain('wr0ng');
    });
  },
);
