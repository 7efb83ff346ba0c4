import { Worker } from 'node:worker_threads';
import { DrydockError, messageOf, type ErrorCode } from '../base/errors.ts';
import type { AnalyzerChoice } from './analyzers.ts';
import type { LayerJob, OnProgress } from './layer-job.ts';
import type { LayerReading } from './layer-reading.ts';

export interface WorkerRequest {
  readonly job: LayerJob;
  readonly choice: AnalyzerChoice;
  /** Whether anybody wants to know how far it is. */
  readonly isWatched: boolean;
}

export type WorkerAnswer =
  | { readonly kind: 'progress'; readonly readBytes: number }
  | { readonly kind: 'done'; readonly reading: LayerReading | undefined }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** One worker thread, kept for many jobs, one at a time. */
export interface LayerThread {
  run(
    job: LayerJob,
    choice: AnalyzerChoice,
    onProgress: OnProgress | undefined,
  ): Promise<LayerReading | undefined>;
  /** Ends it at once, whatever it is doing. */
  stop(): Promise<void>;
}

export function startLayerThread(script: URL): LayerThread {
  const worker = new Worker(script, { name: 'drydock-layer' });
  let current: { answer: (answer: WorkerAnswer) => void; fail: (error: Error) => void } | undefined;
  let ended: Error | undefined;
  worker.on('message', (answer: WorkerAnswer) => current?.answer(answer));
  const end = (error: Error): void => {
    ended ??= error;
    current?.fail(error);
  };
  worker.on('error', (cause) =>
    end(new DrydockError('INTERNAL', `a layer thread failed: ${messageOf(cause)}`, { cause })),
  );
  worker.on('exit', () => end(new DrydockError('INTERNAL', 'a layer thread ended early')));
  worker.unref();

  return {
    run(job, choice, onProgress) {
      if (ended) return Promise.reject(ended);
      worker.ref();
      return new Promise<LayerReading | undefined>((resolve, reject) => {
        current = {
          answer(answer) {
            if (answer.kind === 'progress') return onProgress?.(answer.readBytes);
            if (answer.kind === 'done') return resolve(answer.reading);
            reject(new DrydockError(answer.code as ErrorCode, answer.message));
          },
          fail: reject,
        };
        worker.postMessage({ job, choice, isWatched: onProgress !== undefined } satisfies WorkerRequest);
      }).finally(() => {
        current = undefined;
        worker.unref();
      });
    },
    async stop() {
      ended ??= new DrydockError('CANCELLED', 'the layer thread was stopped');
      await worker.terminate();
    },
  };
}
