import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import { makeFolder } from '../../base/make-folder.ts';
import type { Config } from '../../config/schema.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openScanRequests } from '../../scan/requests/open-scan-requests.ts';
import { runScanRequests } from '../../scan/requests/run-scan-requests.ts';
import type { ScanRequests } from '../../scan/requests/scan-requests.ts';
import { openScanRecords, type ScanRecords } from '../../store/scan-records.ts';
import { openSealedValues, type SealedValues } from '../../store/sealed-values.ts';
import type { ImageScans } from './image-scans.ts';
import { openJobQueue } from './queue.ts';
import type { SharedStore } from './shared-store.ts';

/** Scans that were asked for, and whoever does them in this process. */
export interface ScanWork extends AsyncDisposable {
  readonly requests: ScanRequests;
  readonly queue: JobQueue;
  /** Does scans until it is called off. @param onUnexpected told of mistakes of ours, for the log */
  run(
    scans: ImageScans,
    options: {
      readonly signal: AbortSignal;
      /** Aborted later than the signal: what was begun may come to its end until then. */
      readonly hurry: AbortSignal;
      readonly onUnexpected: (error: unknown, scanId: string) => void;
    },
  ): Promise<void>;
}

/** @throws DrydockError CONFIG_INVALID, QUEUE_UNAVAILABLE */
export async function openScanWork(config: Config, store: SharedStore): Promise<ScanWork> {
  const records: ScanRecords = openScanRecords({ store: store.records });
  const credentials = await openCredentials(config, store);
  const queue = await openJobQueue(config, store);
  const requests = openScanRequests({ records, queue, ...(credentials && { credentials }) });
  return {
    requests,
    queue,
    async run(scans, { signal, hurry, onUnexpected }) {
      if (config.concurrency === 0) return;
      await runScanRequests(
        {
          records,
          queue,
          ...(credentials && { credentials }),
          scan: async (request, credential, options) => {
            const { report, key, isKnown } = await scans.scan(request, credential, options);
            return { report, key, cached: isKnown };
          },
          timeoutSeconds: config.scanTimeout,
          concurrency: config.concurrency,
          perLane: config.perRegistry,
          hurry,
          onUnexpected,
        },
        { signal },
      );
    },
    async [Symbol.asyncDispose]() {
      await requests[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

const KEY_BYTES = 32;

/** Without a key that all replicas know, logins of callers cannot be handed from one to another: none are taken. */
async function openCredentials(config: Config, store: SharedStore): Promise<SealedValues | undefined> {
  if (config.encryptionKey !== undefined)
    return openSealedValues(store.records, parseKey(config.encryptionKey));
  if (store.isShared || config.nats !== undefined) return undefined;
  return openSealedValues(store.records, await ownKey(join(config.cacheDir, 'jobs.key')));
}

function parseKey(text: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw new DrydockError('CONFIG_INVALID', `the encryption key is not ${KEY_BYTES} bytes in base64`, {
    hint: 'Make one with: head -c 32 /dev/urandom | base64',
  });
}

/** Of all processes that share the directory, made by the first. */
async function ownKey(path: string): Promise<Uint8Array> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  await makeFolder(dirname(path));
  await writeFile(temporary, randomBytes(KEY_BYTES), { mode: 0o600 });
  try {
    await link(temporary, path); // whole or not at all
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const key = await readFile(path);
  if (key.length === KEY_BYTES) return key;
  throw new DrydockError('CONFIG_INVALID', `${path} is no key`, { hint: 'Remove it: another one is made.' });
}
