import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './queue.contract.ts';

const PLACES = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'];
export const natsProgram: string | undefined = PLACES.find((path) => existsSync(path));

/** A real server on a free port of this machine, whose streams lie in a folder that outlives it. */
export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  start(): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
  /** Throws all its streams away; it must not run. */
  wipe(): Promise<void>;
}

export async function openNatsServer(args: readonly string[] = []): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-nats-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  const server: NatsServer = {
    url: `nats://127.0.0.1:${port}`,
    async start() {
      const fixed = ['-js', '-sd', join(folder, 'streams'), '-a', '127.0.0.1', '-p', String(port)];
      child = spawn(natsProgram ?? 'nats-server', [...fixed, ...args], { stdio: 'ignore' });
      await until(() => isListening(port));
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (!dying) return;
      const ended = new Promise((done) => dying.on('close', done));
      dying.kill('SIGKILL');
      await ended;
    },
    wipe: () => rm(join(folder, 'streams'), { recursive: true, force: true }),
    async [Symbol.asyncDispose]() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => probe.on('listening', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => done(true));
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
}
