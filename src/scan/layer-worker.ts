import { parentPort } from 'node:worker_threads';
import type { Analyzer } from '../analysis/analyzer.ts';
import { chooseAnalyzers, type AnalyzerChoice } from './analyzers.ts';
import { runLayerJob } from './layer-job.ts';
import type { LayerReading } from './layer-reading.ts';
import type { WorkerAnswer, WorkerRequest } from './layer-thread.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import { keepHeapSmall } from '../base/small-heap.ts';

/** A thread that reads layers: takes one job at a time from the pool and answers with its reading. */
const port = parentPort;
keepHeapSmall();
/** The analyzers of the last job, as most have the same and some take time to make ready. */
let chosen: { readonly key: string; readonly list: readonly Analyzer[] } | undefined;

async function analyzersFor(choice: AnalyzerChoice): Promise<readonly Analyzer[]> {
  const key = JSON.stringify(choice);
  if (chosen?.key !== key) chosen = { key, list: (await chooseAnalyzers(choice)).list };
  return chosen.list;
}

port?.on('message', (request: WorkerRequest) => {
  const answer = (message: WorkerAnswer): void => port.postMessage(message);
  const onProgress = request.isWatched
    ? (readBytes: number): void => answer({ kind: 'progress', readBytes })
    : undefined;
  const reading = async (): Promise<LayerReading | undefined> =>
    runLayerJob(request.job, await analyzersFor(request.choice), onProgress);
  reading().then(
    (result) => answer({ kind: 'done', reading: result }),
    (error: unknown) => answer({ kind: 'failed', ...describe(error) }),
  );
});

function describe(error: unknown): { code: string; message: string } {
  return { code: error instanceof DrydockError ? error.code : 'INTERNAL', message: messageOf(error) };
}
