import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startDockerRegistry } from '../../fixtures/docker-registry.ts';
import { startRegistryProxy, type RegistryProxy } from '../../fixtures/registry-proxy.ts';
import { runProgram, type Replica, type ToldScan } from '../../fixtures/replica.ts';
import { pushImages, servedDatabase } from '../../fixtures/served-images.ts';

/** What became of a fault: in words, and how long it was felt after its end. */
export interface FaultOutcome {
  readonly outcome: string;
  readonly recoverySeconds: number;
}

/** How long and how much; tests have less time than the bench. */
export interface FaultOptions {
  readonly outageMs: number;
  readonly scans: number;
}

export interface Fault {
  readonly name: string;
  /** Looked at with every run of the tests, not only by the bench. */
  readonly isQuick: boolean;
  run(options: FaultOptions): Promise<FaultOutcome>;
}

/** Images in a registry, a database, and what the command line finds in each image with it. */
export interface Lab extends AsyncDisposable {
  readonly folder: string;
  readonly database: string;
  readonly proxy: RegistryProxy;
  /** All images, as a server must name them. */
  readonly images: readonly string[];
  /** Throws unless the replica's report of that scan says what a scan by the command line says. */
  compare(replica: Replica, scan: ToldScan, image: string): Promise<void>;
}

export async function openLab(scans: number): Promise<Lab> {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-faults-'));
  const registry = await startDockerRegistry();
  const proxy = await startRegistryProxy(registry.host);
  const { tags } = await pushImages(registry.host, scans);
  const database = servedDatabase(folder, scans);
  const truths = new Map<string, string>();
  return {
    folder,
    database,
    proxy,
    images: tags.map((tag) => `${proxy.host}/app:${tag}`),
    async compare(replica, { id }, image) {
      const truth = truths.get(image) ?? (await truthOf(image, ['--db-path', database], folder));
      truths.set(image, truth);
      const told = resultsOf(await replica.report(id));
      if (told !== truth)
        throw new Error(
          `a wrong report of ${image}: ${told.slice(0, 200)} instead of ${truth.slice(0, 200)}`,
        );
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the command line says of an image. */
export async function truthOf(
  image: string,
  args: readonly string[],
  folder: string,
  cache = join(folder, 'cli-cache'),
): Promise<string> {
  const run = await runProgram([
    ...['scan', '--format', 'json', '--quiet', '--cache-dir', cache, '--skip-db-update', ...args, image],
  ]);
  if (run.code !== 0) throw new Error(`the command line failed: ${run.stderr}`);
  return resultsOf(JSON.parse(run.stdout));
}

/** The findings of a report, without what tells when and by whom it was made. */
export function resultsOf(report: unknown): string {
  const { Results } = report as { Results?: unknown };
  if (!Array.isArray(Results)) throw new Error('a report without results');
  return JSON.stringify(Results);
}

/** Asks for scans as a patient client does: again after an error, until it is accepted. */
export async function submitted(
  replica: () => Replica,
  image: string,
  tries = 60,
): Promise<{ readonly scan: ToldScan; readonly refusals: number }> {
  for (let refusals = 0; ; refusals++) {
    try {
      const scan = await replica().scan(image, { waitSeconds: 0, signal: AbortSignal.timeout(15_000) });
      return { scan, refusals };
    } catch (error) {
      if (refusals >= tries) throw error;
      await wait(250);
    }
  }
}

/** Looks until the scan is over, whatever goes wrong with looking. */
export async function finished(replica: Replica, id: string, withinMs: number): Promise<ToldScan> {
  const until = Date.now() + withinMs;
  let last: unknown;
  while (Date.now() < until) {
    try {
      const scan = await replica.find(id);
      if (scan.state !== 'queued' && scan.state !== 'running') return scan;
      last = JSON.stringify(scan);
    } catch (error) {
      last = error;
    }
    await wait(100);
  }
  throw new Error(`scan ${id} did not end within ${withinMs} ms: ${String(last)}`);
}

export interface Accepted {
  readonly id: string;
  readonly image: string;
}

/** Waits until all accepted scans are over. @returns seconds until the last one was */
export async function allDone(
  replica: Replica,
  accepted: readonly Accepted[],
  withinMs: number,
): Promise<number> {
  const from = performance.now();
  const ended = await Promise.all(accepted.map(({ id }) => finished(replica, id, withinMs)));
  const seconds = (performance.now() - from) / 1000;
  const lost = ended.filter(({ state }) => state !== 'completed');
  if (lost.length > 0) throw new Error(`${lost.length} scans were lost, as ${JSON.stringify(lost[0])}`);
  return seconds;
}

/** All of them must say what the command line says, and stay as they are. */
export async function allRight(lab: Lab, replica: Replica, accepted: readonly Accepted[]): Promise<void> {
  for (const { id, image } of accepted) await lab.compare(replica, await replica.find(id), image);
}
