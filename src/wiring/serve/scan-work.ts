import type { Config } from '../../config/schema.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openScanRequests } from '../../scan/requests/open-scan-requests.ts';
import { runScanRequests } from '../../scan/requests/run-scan-requests.ts';
import type { ScanRequests } from '../../scan/requests/scan-requests.ts';
import { openScanRecords, type ScanRecords } from '../../store/scan-records.ts';
import { openCredentials } from './credential-key.ts';
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
