import { Worker } from 'node:worker_threads';
import { notices, type Notice } from '../../base/channels.ts';
import { DrydockError, messageOf, type ErrorCode } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { Rematched } from '../../crawler/rematch.ts';
import type { Shard } from '../../crawler/shards.ts';
import type { AnalyzerChoice } from '../../scan/analyzers.ts';
import type { DatabaseStates } from './database-step.ts';

export interface RematchTask {
  readonly loaded: LoadedConfig;
  readonly version: string;
  readonly choices: readonly AnalyzerChoice[];
  readonly states: DatabaseStates;
  readonly shards: readonly Shard[];
}

export type RematchAnswer =
  | { readonly kind: 'notice'; readonly notice: Notice }
  | { readonly kind: 'done'; readonly done: Rematched }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string };

/**
 * Renews reports on a thread of its own, which ends with it.
 *
 * @param script `rematch-worker.js`
 * @param options stopMs: what it has, when it is called off, to give back what it holds
 * @throws DrydockError of the kinds that rematching gives, INTERNAL
 */
export async function rematchOnThread(
  script: URL,
  task: RematchTask,
  { signal, stopMs }: Signal & { readonly stopMs: number },
): Promise<Rematched> {
  signal.throwIfAborted();
  const worker = new Worker(script, { name: 'drydock-rematch', workerData: task });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    worker.postMessage('stop');
    timer = setTimeout(() => void worker.terminate(), stopMs);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(worker);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<Rematched> {
  return new Promise((resolve, reject) => {
    worker.on('message', (answer: RematchAnswer) => {
      if (answer.kind === 'notice') notices.publish(answer.notice);
      else if (answer.kind === 'done') resolve(answer.done);
      else reject(new DrydockError(answer.code, answer.message));
    });
    const failed = (cause?: unknown): void => {
      const why = cause === undefined ? 'it ended early' : messageOf(cause);
      reject(new DrydockError('INTERNAL', `a thread that renews reports failed: ${why}`, { cause }));
    };
    worker.on('error', failed);
    worker.on('exit', () => failed());
  });
}
