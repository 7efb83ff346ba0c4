import { parentPort, workerData } from 'node:worker_threads';
import { notices } from '../../base/channels.ts';
import { openDisposal } from '../../base/disposal.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { rematch, type Rematched } from '../../crawler/rematch.ts';
import type { Run } from '../run.ts';
import { choicesAsSets } from './analyzer-sets.ts';
import { stepBetween } from './database-step.ts';
import { openJudging } from './judging.ts';
import { openKnownImages } from './known-images.ts';
import { rematchParts } from './rematch-parts.ts';
import type { RematchAnswer, RematchTask } from './rematch-thread.ts';

/** A thread that renews reports, as another process with the same settings would: it ends when that is done. */
const port = parentPort;
const { loaded, version, choices, states, shards } = workerData as RematchTask;

/** Values pass through once, so that keeping them would only take room. */
const config = { ...loaded.config, storeFront: 0 };

async function work({ signal }: Signal): Promise<Rematched> {
  await using stack = openDisposal();
  const run: Run = { loaded: { ...loaded, config }, version, stdin: nothing };
  const known = await openKnownImages(run, stack);
  const { assess } = stack.use(openJudging({ run, ...known, sets: await choicesAsSets(choices) }));
  const step = await stepBetween(states, config, { signal });
  return await rematch(step, rematchParts({ config, ...known, assess }), { signal, shards });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // nobody writes here
}

if (port) {
  const answer = (message: RematchAnswer): void => port.postMessage(message);
  notices.subscribe((notice) => answer({ kind: 'notice', notice }));
  const stop = new AbortController();
  port.once('message', () => stop.abort(new DrydockError('CANCELLED', 'the server stops')));
  try {
    answer({ kind: 'done', done: await work({ signal: stop.signal }) });
  } catch (error) {
    const code = error instanceof DrydockError ? error.code : 'INTERNAL';
    answer({ kind: 'failed', code, message: messageOf(error) });
  }
  port.close();
}
