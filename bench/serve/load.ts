import { fork } from 'node:child_process';
import { once } from 'node:events';
import { getPriority, setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';
import { openConnection, type KeptConnection } from './http-client.ts';

/** What is asked of a server. */
export interface Load {
  readonly port: number;
  /** Whole requests in Base64, sent in turn. */
  readonly requests: readonly string[];
  readonly connections: number;
  /** Ends after so many requests… */
  readonly count?: number;
  /** …or so many seconds. */
  readonly seconds?: number;
  /**
   * Requests a second, due at even distances whether the server keeps up or not; what waits for a connection is late
   * from when it was due. Without: each connection sends its next one when it has its answer.
   */
  readonly rate?: number;
}

export interface LoadResult {
  readonly count: number;
  /** Lost connections, and answers of other statuses than 200 and 202. */
  readonly failed: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly bytesPerAnswer: number;
  /** Milliseconds from when a request was due to the end of its answer. */
  readonly latency: Percentiles;
  /** The part of it that is the generator's own: from when it was due to when it was sent or found no connection. */
  readonly late: Percentiles;
  /** Seconds of a processor that the generator took. */
  readonly cpu: number;
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A generator in a process of its own, which gives way to everything else. */
export interface LoadGenerator extends Disposable {
  run(load: Load): Promise<LoadResult>;
}

const ROLE = 'generate-load';
/** Added to that of who starts it, and so of the servers. */
const NICENESS = 10;
const TICK_MS = 1;

export function openLoadGenerator(): LoadGenerator {
  const child = fork(process.argv[1] ?? '', [ROLE], { serialization: 'advanced' });
  return {
    async run(load) {
      child.send(load);
      const [result] = (await once(child, 'message')) as [LoadResult | { readonly error: string }];
      if ('error' in result) throw new Error(`the load generator: ${result.error}`);
      return result;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** True where this process is the generator, which it then is until it is ended. */
export function generatesLoad(): boolean {
  if (process.argv[2] !== ROLE) return false;
  setPriority(Math.min(19, getPriority() + NICENESS));
  process.on('message', (load) => {
    void generate(load as Load).then(
      (result) => process.send?.(result),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
  return true;
}

async function generate(load: Load): Promise<LoadResult> {
  const requests = load.requests.map((text) => Buffer.from(text, 'base64'));
  const connections = await Promise.all(
    Array.from({ length: load.connections }, () => openConnection(load.port)),
  );
  const used = process.cpuUsage();
  const start = performance.now();
  const tally = openTally();
  await (load.rate === undefined
    ? inTurn(connections, requests, load, tally)
    : onTime(connections, requests, { ...load, rate: load.rate }, tally));
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(used);
  for (const connection of connections) connection.close();
  return tally.result(seconds, (user + system) / 1e6);
}

interface Tally {
  answered(latency: number, late: number, bytes: number, isGood: boolean): void;
  result(seconds: number, cpu: number): LoadResult;
}

function openTally(): Tally {
  const latencies: number[] = [];
  const lates: number[] = [];
  let failed = 0;
  let allBytes = 0;
  return {
    answered(latency, late, bytes, isGood) {
      latencies.push(latency);
      lates.push(late);
      allBytes += bytes;
      if (!isGood) failed++;
    },
    result: (seconds, cpu) => ({
      count: latencies.length,
      failed,
      seconds,
      perSecond: latencies.length / seconds,
      bytesPerAnswer: allBytes / latencies.length,
      latency: percentiles(latencies),
      late: percentiles(lates),
      cpu,
    }),
  };
}

/** Closed loop: as many at once as there are connections. */
function inTurn(
  connections: readonly KeptConnection[],
  requests: readonly Buffer[],
  { count = Infinity, seconds = Infinity }: Load,
  tally: Tally,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  return new Promise((done) => {
    let busy = connections.length;
    const next = (connection: KeptConnection): void => {
      const at = performance.now();
      if (sent >= count || at >= end) {
        if (--busy === 0) done();
        return;
      }
      connection.send(requests[sent++ % requests.length] as Buffer, (answer) => {
        tally.answered(performance.now() - at, 0, answer?.bytes ?? 0, isGood(answer?.status));
        next(connection);
      });
    };
    for (const connection of connections) next(connection);
  });
}

/** Open loop. */
function onTime(
  connections: readonly KeptConnection[],
  requests: readonly Buffer[],
  { rate, count = Infinity, seconds = Infinity }: Load & { readonly rate: number },
  tally: Tally,
): Promise<void> {
  const start = performance.now();
  const total = Math.min(count, Math.floor(seconds * rate));
  const free = [...connections];
  /** The times at which those that found no connection were due, and how late the generator was. */
  const waiting: { due: number; late: number }[] = [];
  let head = 0;
  let sent = 0;
  let made = 0;
  let over = 0;
  return new Promise((done) => {
    const send = (connection: KeptConnection, due: number, late: number): void =>
      connection.send(requests[sent++ % requests.length] as Buffer, (answer) => {
        tally.answered(performance.now() - due, late, answer?.bytes ?? 0, isGood(answer?.status));
        const next = waiting[head++];
        if (next) send(connection, next.due, next.late);
        else {
          head--;
          free.push(connection);
        }
        if (++over === total) {
          clearInterval(timer);
          done();
        }
      });
    const timer = setInterval(() => {
      const now = performance.now();
      for (; made < total; made++) {
        const due = start + (made * 1000) / rate;
        if (due > now) break;
        const connection = free.pop();
        if (connection) send(connection, due, now - due);
        else waiting.push({ due, late: now - due });
      }
    }, TICK_MS);
  });
}

const isGood = (status: number | undefined): boolean => status === 200 || status === 202;

function percentiles(values: number[]): Percentiles {
  const ordered = Float64Array.from(values).sort();
  const at = (share: number): number =>
    ordered[Math.min(ordered.length - 1, Math.floor(ordered.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}
