import { setTimeout as wait } from 'node:timers/promises';
import { notices } from '../../base/channels.ts';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import type { ScanRecord, ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { isFinal, type ScanRecords } from '../../store/scan-records.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import { openAcceptedScans } from './accepted-scans.ts';
import { toCredentialText } from './credential-text.ts';
import { toScanJob } from './scan-job.ts';
import type { ScanRequests } from './scan-requests.ts';
import { watchScan } from './watch-scan.ts';

export interface ScanRequestsOptions {
  readonly records: ScanRecords;
  readonly queue: JobQueue;
  /** Where credentials of requests are kept; without it none are taken. */
  readonly credentials?: SealedValues;
  /** How often open scans are compared with the queue, about. */
  readonly requeueSeconds?: number;
  readonly now?: () => number;
}

const DEFAULT_REQUEUE_SECONDS = 60;
/** And while the queue could not take some. */
const AWAY_SECONDS = 3;
/** How often it is looked whether the store was emptied. */
const LOOK_MS = 2000;
/** A scan as young as that is just being queued. */
const JUST_NOW_MS = 15_000;
/** Accepted scans that the queue could not take; more are refused. */
const MAX_UNQUEUED = 1000;
const MAX_PLATFORM = 128;

/**
 * Accepts scans: the record is the truth, the queue only a way to have it done. What is open and not queued, as after
 * the loss of a queue, is queued again: at the start, and about every minute.
 */
export function openScanRequests(options: ScanRequestsOptions): ScanRequests & AsyncDisposable {
  const { records, queue, credentials, now = Date.now } = options;
  const { requeueSeconds = DEFAULT_REQUEUE_SECONDS } = options;
  const closed = new AbortController();
  const unqueued = new Set<string>();
  const accepted = openAcceptedScans({ records, restore });

  async function submit(request: ScanRequest, credential?: RegistryCredential): Promise<ScanRecord> {
    checkRequest(request);
    const waitingKey = credential ? undefined : waitingKeyOf(request);
    const waiting = waitingKey === undefined ? undefined : await records.findWaiting(waitingKey);
    if (waiting) return waiting;
    const id = records.newId();
    if (credential) await keepCredential(id, credential);
    const record = await records.create(request, id, credential !== undefined);
    await enqueueNew(record);
    accepted.add(id, request, credential);
    // Without it the same may be done twice, no more.
    if (waitingKey !== undefined) await records.noteWaiting(waitingKey, id).catch(() => undefined);
    return record;
  }

  /** What was promised to somebody, and is not in the store any more. */
  async function restore(id: string, request: ScanRequest, credential?: RegistryCredential): Promise<void> {
    if (credential) await keepCredential(id, credential);
    await queue.enqueue(toScanJob(await records.create(request, id, credential !== undefined)));
  }

  async function keepCredential(id: string, credential: RegistryCredential): Promise<void> {
    if (!credentials)
      throw new DrydockError('CREDENTIALS_INVALID', 'credentials cannot be kept with a scan here', {
        hint: 'Set DRYDOCK_ENCRYPTION_KEY for all servers and workers: 32 bytes in base64 to seal them with.',
      });
    await credentials.keep(id, toCredentialText(credential));
  }

  /** A queue that is away may come back, and the record waits for it; one that is full refuses. */
  async function enqueueNew(record: ScanRecord): Promise<void> {
    try {
      await queue.enqueue(toScanJob(record));
    } catch (error) {
      if (isAway(error) && unqueued.size < MAX_UNQUEUED) {
        unqueued.add(record.id);
        return;
      }
      await records.remove(record.id);
      await credentials?.forget(record.id);
      throw error;
    }
  }

  /** @param all those that may be on their way as well, which does no harm */
  async function requeue(all: boolean): Promise<void> {
    const before = [...unqueued];
    await accepted.check();
    for await (const record of records.open()) {
      if (closed.signal.aborted) return;
      const isYoung = !all && now() - Date.parse(record.createdAt) < JUST_NOW_MS && !unqueued.has(record.id);
      const delaySeconds = Math.max(0, Date.parse(record.retryAt ?? record.createdAt) - now()) / 1000;
      if (isYoung || (!all && delaySeconds > 0)) continue;
      await queue.enqueue(toScanJob(record), { delaySeconds });
      unqueued.delete(record.id);
    }
    for (const id of before) unqueued.delete(id); // those that are over by now
  }

  /** One that is away tells so by itself. */
  async function isQueueEmptied(): Promise<boolean> {
    return (await queue.isEmptied?.().catch(() => false)) ?? false;
  }

  async function keepPromises(): Promise<void> {
    let isSuspect = false;
    let isLost = false;
    for (let requeuedAt = -Infinity; !closed.signal.aborted;) {
      try {
        isSuspect = (await records.isEmptied()) || isSuspect;
        if (isSuspect) await accepted.check();
        isSuspect = false;
        isLost = (await isQueueEmptied()) || isLost;
        const seconds = unqueued.size > 0 ? Math.min(AWAY_SECONDS, requeueSeconds) : requeueSeconds;
        if (isLost || performance.now() - requeuedAt >= seconds * 1000 * (0.75 + Math.random() / 2)) {
          requeuedAt = performance.now();
          await requeue(isLost);
          isLost = false;
        }
      } catch (error) {
        tell(error);
      }
      const ms = Math.min(LOOK_MS, requeueSeconds * 500);
      await wait(ms, undefined, { signal: closed.signal, ref: false }).catch(() => undefined); // it ends
    }
  }

  const keeping = keepPromises();

  return {
    submit,
    find: (id) => records.find(id),
    list: (filter) => records.list(filter),
    async cancel(id) {
      const record = await records.find(id);
      if (!record || isFinal(record.state)) return record;
      const ended = await records.end(id, { state: 'cancelled' });
      await credentials?.forget(id);
      return ended;
    },
    watch: (id, given) => watchScan(records, id, given),
    async [Symbol.asyncDispose]() {
      closed.abort();
      await keeping;
    },
  };
}

/** A store that is away is told by itself, and a full queue by whoever asks for more. */
function tell(error: unknown): void {
  const isKnown = error instanceof DrydockError && ['STORE_UNAVAILABLE', 'QUEUE_FULL'].includes(error.code);
  if (!isKnown) notices.publish({ code: 'QUEUE_UNAVAILABLE', message: messageOf(error) });
}

function isAway(error: unknown): boolean {
  const codes = ['QUEUE_UNAVAILABLE', 'STORE_UNAVAILABLE'];
  return error instanceof DrydockError && codes.includes(error.code);
}

function checkRequest(request: ScanRequest): void {
  toScanJob({ id: 'new', request });
  if ((request.platform?.length ?? 0) > MAX_PLATFORM)
    throw new DrydockError('PLATFORM_INVALID', `a platform has at most ${MAX_PLATFORM} characters`);
}

/** Nobody waits for background work: asked for twice it is done once, for the same caller. */
function waitingKeyOf(request: ScanRequest): string | undefined {
  const { priority, requestedBy, image, platform, force, lookFor, watchPaths } = request;
  return priority === 'background'
    ? JSON.stringify([requestedBy, image, platform ?? '', force ?? false, lookFor ?? [], watchPaths ?? []])
    : undefined;
}
