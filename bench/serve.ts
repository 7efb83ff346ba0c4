/**
 * node scripts/bench.mjs serve DATABASE [CONNECTIONS]
 *
 * How many Scans of Trivy's clients a server answers a second that has answered the same before, beside the server of
 * Trivy itself in the same run, in turns. DATABASE is a folder with trivy.db and metadata.json. DRYDOCK_TRIVY names a
 * trivy program, whose client makes the requests; DRYDOCK_TEST_IMAGES a folder of OCI layouts. Then how long answers
 * take at half of the most that was reached, how memory goes, and what the API answers (where there is
 * `docker-registry`). DRYDOCK_BENCH_PROFILE names a folder for a profile of the processor.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startDockerRegistry, hasDockerRegistry } from '../test/fixtures/docker-registry.ts';
import type { Descriptor } from '../test/fixtures/layout-writer.ts';
import { pushLayout } from '../test/fixtures/push-layout.ts';
import { captureScan, wholeRequest } from './serve/captured.ts';
import { generatesLoad, openLoadGenerator, type Load, type LoadResult } from './serve/load.ts';
import { startDrydock, startTrivy, trivyHome, type Measured } from './serve/servers.ts';

const ROUNDS = 3;
const SECONDS = 5;
const LATENCY_SECONDS = 20;
const MEMORY_AT = [10_000, 50_000, 100_000];
/** Small and large, and of several kinds; what is missing is left out. */
const LAYOUTS =
  /^(?:alpine-3.18.9-x86_64|debian12-(?:base|python|node-app)|go-binaries|rpm-like|rust-binaries)$/;

interface Cost extends LoadResult {
  /** Milliseconds of a processor for each request. */
  readonly cpuEach: number;
  /** The part of the time for which the server was ready to go on, but others had the processors. */
  readonly waited: number;
}

const number = (value: number, digits = 0): string =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const load = (): string => `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

async function bench(): Promise<void> {
  const [databaseArgument, connectionsArgument = '32'] = process.argv.slice(2);
  const { DRYDOCK_TRIVY: trivy, DRYDOCK_TEST_IMAGES: images, DRYDOCK_BENCH_PROFILE: profile } = process.env;
  if (!databaseArgument || !trivy || !existsSync(trivy) || !images || !existsSync(images)) {
    console.error('usage: node scripts/bench.mjs serve DATABASE [CONNECTIONS]');
    console.error('DRYDOCK_TRIVY names a trivy program, DRYDOCK_TEST_IMAGES a folder of OCI layouts');
    process.exitCode = 2;
    return;
  }
  const connections = Number(connectionsArgument);
  const database = resolve(databaseArgument);
  const folder = mkdtempSync(join(tmpdir(), 'drydock-serve-'));
  const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [];
  try {
    using generator = openLoadGenerator();
    await using drydock = await startDrydock(folder, database, flags);
    const cost = async (server: Measured, wanted: Omit<Load, 'port'>): Promise<Cost> => {
      const [before, waitedBefore] = [server.cpu(), server.waited()];
      const result = await generator.run({ ...wanted, port: server.port });
      if (result.failed > 0)
        throw new Error(`${server.name}: ${result.failed} of ${result.count} requests failed`);
      return {
        ...result,
        cpuEach: ((server.cpu() - before) * 1000) / result.count,
        waited: (server.waited() - waitedBefore) / result.seconds,
      };
    };

    const layouts = readdirSync(images).filter((name) => LAYOUTS.test(name));
    const requests: string[] = [];
    let peak = 0;
    {
      await using theirs = await startTrivy(trivy, folder, database);
      const home = trivyHome(join(folder, 'client'), database);
      for (const name of layouts) {
        const layout = join(images, name);
        await captureScan(trivy, home, layout, theirs.port);
        requests.push((await captureScan(trivy, home, layout, drydock.port)).toString('base64'));
      }
      console.log(`Scans of ${layouts.join(', ')}; ${connections} connections\n`);
      peak = await throughput(drydock, theirs, { requests, connections }, cost);
    }
    await latency(drydock, { requests, connections, rate: peak / 2 }, cost);
    await memory(drydock, { requests, connections }, cost);
    if (hasDockerRegistry) await api(drydock, join(images, layouts[0] ?? ''), connections, cost);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Measure = (server: Measured, load: Omit<Load, 'port'>) => Promise<Cost>;

async function throughput(
  ours: Measured,
  theirs: Measured,
  load_: Omit<Load, 'port'>,
  cost: Measure,
): Promise<number> {
  const all = new Map<Measured, Cost[]>([
    [ours, []],
    [theirs, []],
  ]);
  await cost(ours, { ...load_, seconds: SECONDS });
  for (let round = 0; round < ROUNDS; round++) {
    for (const [server, costs] of all) {
      const one = await cost(server, { ...load_, seconds: SECONDS });
      costs.push(one);
      const { perSecond, cpuEach, latency: took } = one;
      console.log(
        `${server.name.padEnd(8)} ${number(perSecond).padStart(7)} Scans/s, ${number(cpuEach, 3)} ms of a processor each, ` +
          `p50 ${number(took.p50, 1)} ms, p99 ${number(took.p99, 1)} ms, ${number(one.bytesPerAnswer)} bytes, ${load()}`,
      );
    }
  }
  const middle = (server: Measured, of: (cost: Cost) => number): number =>
    median((all.get(server) ?? []).map(of));
  const rate = ({ perSecond }: Cost): number => perSecond;
  const each = ({ cpuEach }: Cost): number => cpuEach;
  console.log(
    `${number(middle(ours, rate) / middle(theirs, rate), 1)} times the Scans a second, ` +
      `${number(middle(theirs, each) / middle(ours, each), 1)} times as many for the same time of a processor (goal: 10)\n`,
  );
  return Math.max(...(all.get(ours) ?? []).map(rate));
}

async function latency(
  server: Measured,
  wanted: Omit<Load, 'port'> & { readonly rate: number },
  cost: Measure,
): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const {
      latency: took,
      late,
      perSecond,
      cpuEach,
      waited,
    } = await cost(server, { ...wanted, seconds: LATENCY_SECONDS });
    console.log(
      `${number(wanted.rate)} Scans/s due, ${number(perSecond)} answered: p50 ${number(took.p50, 1)} ms, p99 ${number(took.p99, 1)} ms (goal: 20), ` +
        `max ${number(took.max, 1)} ms; the generator itself late by p50 ${number(late.p50, 1)} ms, p99 ${number(late.p99, 1)} ms; ` +
        `${number(cpuEach, 3)} ms of a processor each, for which the server waited ${number(waited * 100)} % of the time; ${load()}`,
    );
  }
  console.log('');
}

async function memory(server: Measured, wanted: Omit<Load, 'port'>, cost: Measure): Promise<void> {
  let done = 0;
  for (const at of MEMORY_AT) {
    await cost(server, { ...wanted, count: at - done });
    done = at;
    console.log(`${number(server.rssBytes() / 1e6)} MB resident after ${number(at)} more Scans, ${load()}`);
  }
  console.log('');
}

/** What everybody may read once somebody has asked for it. */
async function api(server: Measured, layout: string, connections: number, cost: Measure): Promise<void> {
  await using registry = await startDockerRegistry();
  const { manifests } = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: Descriptor[];
  };
  const [image] = manifests;
  if (!image) return;
  await pushLayout(layout, image, 'latest', { origin: `http://${registry.host}`, repository: 'bench' });
  const body = JSON.stringify({ image: `${registry.host}/bench:latest` });
  const headers = { 'content-type': 'application/json', prefer: 'wait=60' };
  const origin = `http://127.0.0.1:${server.port}`;
  const asked = await fetch(`${origin}/api/scans`, { method: 'POST', headers, body });
  const { state } = (await asked.json()) as { state: string };
  if (state !== 'completed') throw new Error(`the scan of ${layout} is ${state}`);
  const post = wholeRequest('/api/scans', headers, Buffer.from(body));
  const get = Buffer.from(
    `GET /api/reports/${image.digest} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n\r\n`,
  );
  for (const [what, request] of [
    ['GET /api/reports/DIGEST', get],
    ['POST /api/scans, of what is known', post],
  ] as const) {
    const wanted = { requests: [request.toString('base64')], connections, seconds: SECONDS };
    const { perSecond, cpuEach, latency: took, bytesPerAnswer } = await cost(server, wanted);
    console.log(
      `${what}: ${number(perSecond)} requests/s, ${number(cpuEach, 2)} ms of a processor each, ` +
        `p50 ${number(took.p50, 1)} ms, p99 ${number(took.p99, 1)} ms, ${number(bytesPerAnswer)} bytes, ${load()}`,
    );
  }
}

if (!generatesLoad()) await bench();
