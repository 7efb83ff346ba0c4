import { setTimeout as wait } from 'node:timers/promises';
import type { Attributes } from '@opentelemetry/api';
import { notices } from '../../base/channels.ts';
import { messageOf } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';
import { withoutCredentials } from '../without-credentials.ts';
import { toOtlp } from './otlp-json.ts';
import type { EndedSpan } from './tracer.ts';

export interface ExporterOptions {
  /** Where spans are posted to, with its path (`http://collector:4318/v1/traces`). */
  readonly url: string;
  readonly headers?: ReadonlyMap<string, Secret>;
  readonly resource: Attributes;
  readonly batchMs?: number;
  readonly timeoutMs?: number;
  readonly maxWaiting?: number;
}

/** Sends spans in batches, one after the other. What a slow collector cannot take is dropped, never waited for. */
export interface Exporter extends AsyncDisposable {
  add(span: EndedSpan): void;
  /** Spans that were never taken. */
  readonly dropped: number;
}

const BATCH = 512;
const ATTEMPTS = 3;
const RETRY_MS = 500;

/** Disposing of it sends what is left, as long as the collector takes it. */
export function openExporter(options: ExporterOptions): Exporter {
  const { batchMs = 2000, maxWaiting = 4096 } = options;
  const waiting: EndedSpan[] = [];
  let [dropped, isSaid] = [0, false];
  let sending: Promise<void> | undefined;
  const stop = new AbortController();

  const drop = (count: number, reason: string): void => {
    dropped += count;
    if (!isSaid) notices.publish({ code: 'TRACES_DROPPED', message: `traces are being dropped: ${reason}` });
    isSaid = true;
  };
  const sendBatch = async (): Promise<void> => {
    const batch = waiting.splice(0, BATCH);
    try {
      await post(toOtlp(batch, options.resource), options, stop.signal);
      isSaid = false;
    } catch (error) {
      // Nobody waits for a collector that is not there when the process is to end.
      const lost = stop.signal.aborted ? batch.length + waiting.splice(0).length : batch.length;
      drop(lost, withoutCredentials(messageOf(error)));
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0 && !stop.signal.aborted) {
      if (waiting.length < BATCH) await pause(batchMs, stop.signal);
      if (!stop.signal.aborted) await sendBatch();
    }
    sending = undefined;
  };
  return {
    add(span) {
      if (waiting.length >= maxWaiting) return drop(1, 'the collector is too slow');
      waiting.push(span);
      sending ??= run();
    },
    get dropped() {
      return dropped;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await sending;
      while (waiting.length > 0) await sendBatch();
    },
  };
}

/** Once more when it may help, but not when called off. */
async function post(body: string, options: ExporterOptions, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const isLast = (): boolean => attempt >= ATTEMPTS || signal.aborted;
    const status = await postOnce(body, options).catch((error: unknown) => {
      if (isLast()) throw error;
      return 503;
    });
    if (status >= 200 && status < 300) return;
    const isPassing = status === 429 || status === 502 || status === 503 || status === 504;
    if (!isPassing || isLast()) throw new Error(`the collector answered ${status}`);
    await pause(RETRY_MS * 2 ** (attempt - 1), signal);
  }
}

async function postOnce(body: string, { url, headers, timeoutMs = 5000 }: ExporterOptions): Promise<number> {
  const own = [...(headers ?? [])].map(([name, secret]): [string, string] => [name, secret.reveal()]);
  const response = await fetch(url, {
    method: 'POST',
    headers: [...own, ['content-type', 'application/json']],
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  return response.status;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => undefined); // called off: go on at once
}
