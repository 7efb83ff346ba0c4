import { setTimeout as wait } from 'node:timers/promises';
import type { Replica } from '../../fixtures/replica.ts';
import { allDone, allRight, submitted, type Accepted, type FaultOutcome, type Lab } from './lab.ts';

export interface Scene {
  readonly lab: Lab;
  /** Those that are asked; one that dies is to be taken out. */
  readonly replicas: Replica[];
  /** Returns when the fault is over, or when its consequences begin. */
  readonly happen: () => Promise<void>;
  /** Looks at what came of it, instead of comparing with the command line. */
  readonly judge?: (replica: Replica, accepted: readonly Accepted[]) => Promise<void>;
  /** When scans that were asked for before must be done, too, to call it recovered. */
  readonly isRecoveredWhenAllDone?: boolean;
}

/** Of each layer: so that scans are under way when something happens. */
const LAYER_DELAY_MS = 400;
const BEGINNING_MS = 600;
const PATIENCE_MS = 60_000;
const TRIES = 400;

/**
 * Asks for scans without a pause, lets something happen meanwhile, and then for one more. All of them must come to the
 * right report, and all replicas to their end when they are told to.
 */
export async function duringScans(scene: Scene): Promise<FaultOutcome> {
  const { lab, replicas } = scene;
  lab.proxy.layerDelayMs = LAYER_DELAY_MS;
  const [last = '', ...images] = lab.images;
  const accepted: Accepted[] = [];
  const any = (i: number): Replica => replicas[i % replicas.length] as Replica;
  let refusals = 0;
  const asking = (async () => {
    for (const [i, image] of images.entries()) {
      const told = await submitted(() => any(i), image, TRIES);
      accepted.push({ id: told.scan.id, image });
      refusals += told.refusals;
      await wait(i < images.length / 2 ? 0 : 250);
    }
  })();
  await wait(BEGINNING_MS);
  await scene.happen();
  const from = performance.now();
  const before = [...accepted];
  const { scan } = await submitted(() => any(0), last, TRIES);
  const probe = { id: scan.id, image: last };
  const felt = scene.isRecoveredWhenAllDone ? [...before, probe] : [probe];
  await allDone(any(0), felt, PATIENCE_MS);
  const recoverySeconds = (performance.now() - from) / 1000;
  await asking;
  const all = [...accepted, probe];
  await allDone(any(1), all, PATIENCE_MS);
  const allSeconds = ((performance.now() - from) / 1000).toFixed(1);
  const states = await Promise.all(all.map(async ({ id }) => JSON.stringify(await any(0).find(id))));
  await (scene.judge?.(any(1), all) ?? allRight(lab, any(1), all));
  // What is over stays as it is.
  const later = await Promise.all(all.map(async ({ id }) => JSON.stringify(await any(1).find(id))));
  if (later.some((text, i) => text !== states[i])) throw new Error('a scan that was over has changed');
  for (const replica of replicas) {
    const code = await replica.stop();
    if (code !== 0) throw new Error(`a replica ended with ${code}: ${replica.stderr()}`);
  }
  const outcome = `${all.length} of ${images.length + 1} scans done after ${allSeconds} s, ${refusals} requests put off`;
  return { outcome, recoverySeconds };
}
