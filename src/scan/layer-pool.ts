import type { Signal } from '../base/signal.ts';
import { keepHeapSmall } from '../base/small-heap.ts';
import type { LayerContent } from '../oci/source.ts';
import { chooseAnalyzers, type AnalyzerChoice } from './analyzers.ts';
import { runLayerJob, type JobInput, type LayerJob, type OnProgress } from './layer-job.ts';
import type { HashAlgorithms, LayerReading } from './layer-reading.ts';
import { startLayerThread, type LayerThread } from './layer-thread.ts';
import { cancelRing, createRingMemory, type RingMemory } from './shared-ring.ts';
import { fillRing } from './fill-ring.ts';

export interface LayerPoolOptions {
  /** The script a thread runs (`layer-worker.js`); without it everything is read on this thread. */
  readonly script?: URL;
  /** How many layers are decompressed at once; sensibly the number of processor cores. */
  readonly threads: number;
  /** Memory counts more than the speed of this thread, as in a program that ends with its scan. */
  readonly keepsHeapSmall?: boolean;
  /** How many layers are downloaded at once. */
  readonly downloads: number;
}

export interface LayerRequest {
  readonly sizeBytes: number;
  readonly algorithms: HashAlgorithms;
  /** Which analyzers look at it. */
  readonly choice: AnalyzerChoice;
  /** Called when a thread is free, so that no connection waits open. */
  readonly open: (options: Signal) => Promise<LayerContent>;
  /** True when starting a thread would cost more than the work itself. */
  readonly isSmall: boolean;
  readonly isLocal: boolean;
  /** Only where somebody listens: each call crosses threads. */
  readonly onProgress?: OnProgress;
}

/** Reads layers on worker threads, the largest first. */
export interface LayerPool extends AsyncDisposable {
  read(request: LayerRequest, options: Signal): Promise<LayerReading>;
}

/** Below this the second thread's wake-ups cost more than they save. */
const SPLIT_BYTES = 4 << 20;

interface Waiting {
  readonly request: LayerRequest;
  readonly start: (threads: readonly LayerThread[]) => void;
}

export function openLayerPool(options: LayerPoolOptions): LayerPool {
  const { script } = options;
  const idle: LayerThread[] = [];
  const waiting: Waiting[] = [];
  const all = new Set<LayerThread>();
  let busy = 0;
  /** Layers that are read on this thread take turns. */
  let turn: Promise<unknown> = Promise.resolve();

  /** A thread for a download mostly waits for the network, so there may be more of them than cores. */
  function capacity(request: LayerRequest): number {
    return request.isLocal ? options.threads : Math.max(options.threads, options.downloads);
  }

  function dispatch(): void {
    for (let next = waiting[0]; next && busy < capacity(next.request); next = waiting[0]) {
      waiting.shift();
      const spare = options.threads - busy;
      const isSplit = next.request.sizeBytes >= SPLIT_BYTES && spare >= 2 + waiting.length;
      const threads = Array.from({ length: isSplit ? 2 : 1 }, takeThread);
      busy += threads.length;
      next.start(threads);
    }
  }

  function takeThread(): LayerThread {
    const known = idle.pop();
    if (known) return known;
    // For whoever only looks up what is remembered, it would cost time and save nothing.
    if (options.keepsHeapSmall) keepHeapSmall();
    const started = startLayerThread(script as URL);
    all.add(started);
    return started;
  }

  function giveBack(threads: readonly LayerThread[], isSound: boolean): void {
    busy -= threads.length;
    for (const thread of threads) {
      if (isSound) idle.push(thread);
      else {
        all.delete(thread);
        void thread.stop();
      }
    }
    dispatch();
  }

  function acquire(request: LayerRequest, signal: AbortSignal): Promise<readonly LayerThread[]> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(entry), 1);
        reject(signal.reason as Error);
      };
      const start = (threads: readonly LayerThread[]): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(threads);
      };
      const entry: Waiting = { request, start };
      const at = waiting.findIndex((other) => other.request.sizeBytes < request.sizeBytes);
      waiting.splice(at < 0 ? waiting.length : at, 0, entry);
      signal.addEventListener('abort', onAbort, { once: true });
      // All layers of an image are asked for in one go: let them gather before the largest is chosen.
      setImmediate(dispatch);
    });
  }

  async function readOnThreads(request: LayerRequest, { signal }: Signal): Promise<LayerReading> {
    const threads = await acquire(request, signal);
    const rings: RingMemory[] = [];
    let isSound = false;
    try {
      const reading = await untilAborted(signal, () => runOn(threads, request, rings, signal));
      // Of damaged data the zstd decoder keeps what it had set aside for it, as long as its thread lives.
      isSound = !('failure' in reading.result);
      return reading;
    } finally {
      if (!isSound) rings.forEach(cancelRing); // which does nothing to one that is read to its end
      giveBack(threads, isSound);
    }
  }

  return {
    async read(request, { signal }) {
      signal.throwIfAborted();
      if (script && !(request.isSmall && request.isLocal)) return readOnThreads(request, { signal });
      const reading = turn.then(() => readHere(request, signal));
      turn = reading.catch(() => undefined);
      return reading;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map((thread) => thread.stop()));
    },
  };
}

async function runOn(
  threads: readonly LayerThread[],
  request: LayerRequest,
  rings: RingMemory[],
  signal: AbortSignal,
): Promise<LayerReading> {
  const [first, second] = threads;
  const download = new AbortController();
  const content = await request.open({ signal: AbortSignal.any([signal, download.signal]) });
  const newRing = (): RingMemory => {
    const memory = createRingMemory();
    rings.push(memory);
    return memory;
  };
  const input: JobInput = content.kind === 'file' ? content : { kind: 'ring', memory: newRing() };
  const { algorithms, choice, onProgress } = request;
  const run = (thread: LayerThread | undefined, job: LayerJob): Promise<LayerReading | undefined> =>
    thread?.run(job, choice, onProgress) ?? Promise.resolve(undefined);

  const tasks: Promise<LayerReading | undefined>[] = [];
  if (second) {
    const memory = newRing();
    tasks.push(run(second, { kind: 'digest', from: memory, algorithms }));
    tasks.push(run(first, { kind: 'decompress', input, to: memory }));
  } else tasks.push(run(first, { kind: 'read', input, algorithms }));
  if (content.kind === 'stream' && input.kind === 'ring') tasks.push(fillRing(content.chunks, input.memory));

  try {
    const [reading] = await Promise.all(tasks);
    if (!reading) throw new Error('a layer thread answered without a reading');
    return reading;
  } catch (error) {
    download.abort();
    rings.forEach(cancelRing);
    await Promise.allSettled(tasks);
    throw error;
  }
}

/** For small layers, and where there are no threads: a piece at a time, so that others get their turns. */
async function readHere(request: LayerRequest, signal: AbortSignal): Promise<LayerReading> {
  signal.throwIfAborted();
  const input = await request.open({ signal });
  if (input.kind === 'stream') throw new Error('a stream can only be read on a thread');
  const breathe = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  };
  const job: LayerJob = { kind: 'read', input, algorithms: request.algorithms };
  const { list } = await chooseAnalyzers(request.choice);
  const reading = await runLayerJob(job, list, request.onProgress, breathe);
  if (!reading) throw new Error('a layer was read without a reading');
  return reading;
}

async function untilAborted<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([run(), aborted]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
