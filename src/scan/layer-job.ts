import type { Analyzer } from '../analysis/analyzer.ts';
import { fileChunks, loadDecompressor, type BytesReceiver } from './layer-bytes.ts';
import { openLayerReader, type HashAlgorithms, type LayerReading } from './layer-reading.ts';
import { openRingReader, openRingWriter, storedChunks, type RingMemory } from './shared-ring.ts';

/** Where a job's stored bytes come from: a file that it reads itself, or a ring that another thread fills. */
export type JobInput =
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'ring'; readonly memory: RingMemory };

/**
 * What a thread is asked to do with one layer: all of it, or one half while another thread does the other
 * (decompression is about two thirds of the work, hashing and walking the rest).
 */
export type LayerJob =
  | { readonly kind: 'read'; readonly input: JobInput; readonly algorithms: HashAlgorithms }
  | { readonly kind: 'decompress'; readonly input: JobInput; readonly to: RingMemory }
  | { readonly kind: 'digest'; readonly from: RingMemory; readonly algorithms: HashAlgorithms };

/** Told now and then how many stored bytes have been read. */
export type OnProgress = (storedBytes: number) => void;

/** Called between pieces; a main thread lets others have a turn there. */
export type Breathe = () => Promise<void> | undefined;

const PROGRESS_BYTES = 2 << 20;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Runs one job to its end. The half that only decompresses has no reading to give. */
export async function runLayerJob(
  job: LayerJob,
  analyzers: readonly Analyzer[],
  onProgress: OnProgress | undefined,
  breathe: Breathe = () => undefined,
): Promise<LayerReading | undefined> {
  if (job.kind === 'digest') return digestRing(job.from, openLayerReader(analyzers, job.algorithms));
  if (job.kind === 'decompress') {
    const ring = openRingWriter(job.to);
    await pumpInput(job.input, ringReceiver(ring), onProgress, breathe);
    ring.write('end', new Uint8Array(0));
    return undefined;
  }
  const reader = openLayerReader(analyzers, job.algorithms);
  await pumpInput(job.input, reader, onProgress, breathe);
  return reader.finish();
}

function ringReceiver(ring: ReturnType<typeof openRingWriter>): BytesReceiver {
  return {
    stored: (chunk) => ring.write('stored', chunk),
    uncompressed: (piece) => ring.write('uncompressed', piece),
    fail: (message) => ring.write('failure', encoder.encode(message)),
    room: () => ring.reserve(),
  };
}

function digestRing(memory: RingMemory, reader: ReturnType<typeof openLayerReader>): LayerReading {
  const ring = openRingReader(memory);
  for (let slot = ring.next(); slot.kind !== 'end'; slot = ring.next()) {
    if (slot.kind === 'stored') reader.stored(slot.bytes);
    else if (slot.kind === 'uncompressed') reader.uncompressed(slot.bytes);
    // TextDecoder does not take shared memory.
    else reader.fail(decoder.decode(slot.bytes.slice()));
  }
  return reader.finish();
}

async function pumpInput(
  input: JobInput,
  to: BytesReceiver,
  onProgress: OnProgress | undefined,
  breathe: Breathe,
): Promise<void> {
  const chunks =
    input.kind === 'ring' ? storedChunks(input.memory) : fileChunks(input.path, input.offset, input.length);
  try {
    const first = chunks.next();
    if (first.done) return;
    const pump = await loadDecompressor(first.value);
    let readBytes = 0;
    let toldBytes = 0;
    const counting: BytesReceiver = {
      ...to,
      stored(chunk) {
        readBytes += chunk.length;
        to.stored(chunk);
      },
    };
    for await (const _ of pump(withFirst(first.value, chunks), counting)) {
      if (onProgress && readBytes - toldBytes >= PROGRESS_BYTES) onProgress((toldBytes = readBytes));
      await breathe();
    }
  } finally {
    chunks.return(undefined);
  }
}

function* withFirst(first: Uint8Array, rest: Iterable<Uint8Array>): Generator<Uint8Array> {
  yield first;
  yield* rest;
}
