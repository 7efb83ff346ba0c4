import { spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A server that is measured, in a process of its own. */
export interface Measured extends AsyncDisposable {
  readonly name: string;
  readonly port: number;
  /** Seconds of a processor that it has taken. */
  cpu(): number;
  /** Seconds for which its main thread could have worked, but others had the processors. */
  waited(): number;
  rssBytes(): number;
}

/** Its log goes to a file, as under a supervisor; DRYDOCK_STORE says where it keeps things. @param flags for Node, such as --cpu-prof */
export async function startDrydock(
  folder: string,
  database: string,
  flags: readonly string[] = [],
): Promise<Measured> {
  const args = ['serve', '--listen', '127.0.0.1:0', '--cache-dir', join(folder, 'drydock')];
  const child = spawn(
    process.execPath,
    [...flags, resolve(process.env['DRYDOCK_PROGRAM'] ?? 'dist/main.js'), ...args, '--db-path', database],
    {
      stdio: ['ignore', openSync(join(folder, 'drydock.log'), 'w'), 'pipe'],
      env: { PATH: process.env['PATH'], DRYDOCK_STORE: process.env['DRYDOCK_STORE'] },
    },
  );
  const port = Number(await told(child, /drydock listens on http:\/\/[^:]+:(\d+)/));
  return measured('Drydock', child, port);
}

/** The server of a Trivy program, with the same database. */
export async function startTrivy(program: string, folder: string, database: string): Promise<Measured> {
  const home = trivyHome(folder, database);
  const port = await freePort();
  const args = ['--cache-dir', home, 'server', '--skip-db-update', '--listen', `127.0.0.1:${port}`];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { HOME: home } });
  await told(child, /(Listening)/);
  return measured('Trivy', child, port);
}

/** A cache folder of Trivy's that holds the database, and says that it is new. */
export function trivyHome(folder: string, database: string): string {
  const home = join(folder, 'trivy');
  mkdirSync(join(home, 'db'), { recursive: true });
  cpSync(join(database, 'trivy.db'), join(home, 'db', 'trivy.db'));
  const metadata = JSON.parse(readFileSync(join(database, 'metadata.json'), 'utf8')) as object;
  const current = { ...metadata, DownloadedAt: new Date().toISOString() };
  writeFileSync(join(home, 'db', 'metadata.json'), JSON.stringify(current));
  return home;
}

function measured(name: string, child: ChildProcess, port: number): Measured {
  const ended = new Promise((done) => child.once('close', done));
  // Of Linux, in hundredths of a second.
  const cpu = (): number => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  return {
    name,
    port,
    cpu,
    waited() {
      const fields = readFileSync(`/proc/${child.pid}/task/${child.pid}/schedstat`, 'utf8').split(' ');
      return Number(fields[1]) / 1e9;
    },
    rssBytes() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await ended;
    },
  };
}

async function told(child: ChildProcess, line: RegExp): Promise<string> {
  let text = '';
  child.stderr?.on('data', (data: Buffer) => (text = (text + data.toString()).slice(-10_000)));
  for (let tries = 0; tries < 600 && child.exitCode === null; tries++) {
    const found = line.exec(text)?.[1];
    if (found !== undefined) return found;
    await wait(50);
  }
  child.kill();
  throw new Error(`${child.spawnfile} did not start: ${text}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
