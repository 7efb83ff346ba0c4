import { parentPort } from 'node:worker_threads';
import { chooseAnalyzers } from './analyzers.ts';
import { runLayerJob } from './layer-job.ts';
import type { WorkerAnswer, WorkerRequest } from './layer-thread.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { keepHeapSmall } from '../base/small-heap.ts';

/** A thread that reads layers: takes one job at a time from the pool and answers with its reading. */
const port = parentPort;
keepHeapSmall();
port?.on('message', (request: WorkerRequest) => {
  const answer = (message: WorkerAnswer): void => port.postMessage(message);
  const onProgress = request.isWatched
    ? (readBytes: number): void => answer({ kind: 'progress', readBytes })
    : undefined;
  runLayerJob(request.job, chooseAnalyzers(request.choice).list, onProgress).then(
    (reading) => answer({ kind: 'done', reading }),
    (error: unknown) => answer({ kind: 'failed', ...describe(error) }),
  );
});

function describe(error: unknown): { code: string; message: string } {
  return { code: error instanceof DrydockError ? error.code : 'INTERNAL', message: messageOf(error) };
}
