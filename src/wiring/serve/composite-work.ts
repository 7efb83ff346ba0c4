import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { JobQueue } from '../../jobs/queue.ts';
import { openStoredQueue } from '../../jobs/stored.ts';
import type { CompositeArtifact } from '../../model/composite.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import { parseReference } from '../../oci/reference.ts';
import { DEFAULT_TIME_LIMITS, toComponentError } from '../../scan/composite/component-failure.ts';
import type { Readability } from '../../scan/composite/component-run.ts';
import type { Composites } from '../../scan/composite/composites.ts';
import { openComposites } from '../../scan/composite/open-composites.ts';
import { runComponents } from '../../scan/composite/run-components.ts';
import { ScannerFailure } from '../../scan/scanners/scanner.ts';
import { openComponentWork, type ComponentWork } from '../../store/component-work.ts';
import { openCompositeRecords } from '../../store/composite-records.ts';
import { openJournal } from '../../store/journal.ts';
import type { SealedValues } from '../../store/sealed-values.ts';
import { openCredentials } from './credential-key.ts';
import type { Run } from '../run.ts';
import type { ImageScans } from './image-scans.ts';
import type { Registries } from './registries.ts';
import type { ScanWork } from './scan-work.ts';
import type { Scanners } from './scanner-registrations.ts';
import type { SharedStore } from './shared-store.ts';

export interface CompositeWorkParts {
  readonly run: Run;
  readonly store: SharedStore;
  readonly work: Pick<ScanWork, 'requests'>;
  readonly scans: Pick<ImageScans, 'ruleIds'>;
  readonly registries: Registries;
  readonly scanners: Pick<Scanners, 'choice' | 'countOpenScans'>;
}

/** Scans of several types, and whoever has other scanners do their parts. */
export interface CompositeWork extends AsyncDisposable {
  readonly composites: Composites;
  readonly work: ComponentWork;
  /** Until it is called off. @param onUnexpected told of mistakes of ours, for the log */
  run(options: Signal & { readonly onUnexpected: (error: unknown, id: string) => void }): Promise<void>;
}

const ID_SECONDS = 48 * 3600;
const RESULT_SECONDS = 24 * 3600;
/** A report of a scanner that does not say how old its databases are. */
const UNDATED_SECONDS = 3600;
const KEEP_JOB_SECONDS = 2 * 86_400;
const LEASE_SECONDS = 5;
const SWEEP_SECONDS = 2;
/** What waits for somebody else's work comes up again and again; the time that it has is its bound. */
const MAX_ATTEMPTS = 1_000_000;

/** @throws DrydockError CONFIG_INVALID */
export async function openCompositeWork({
  run,
  store,
  work: { requests },
  scans,
  registries,
  scanners,
}: CompositeWorkParts): Promise<CompositeWork> {
  const { config } = run.loaded;
  const records = openCompositeRecords(store.records, { keepSeconds: ID_SECONDS });
  const work = openComponentWork(store.records, {
    resultSeconds: RESULT_SECONDS,
    workSeconds: 2 * DEFAULT_TIME_LIMITS.scanSeconds,
  });
  const credentials = await openCredentials(config, store);
  const kept: { credentials?: SealedValues } = credentials ? { credentials } : {};
  const queue = openQueue({ store, maxWaiting: config.maxQueued });
  const { choice } = scanners;
  scanners.countOpenScans((id) => records.countOpen(id));
  return {
    composites: openComposites({ records, requests, queue, choice, ruleIds: scans.ruleIds, ...kept }),
    work,
    async run({ signal, onUnexpected }) {
      if (config.concurrency === 0) return;
      await runComponents(
        {
          queue,
          records,
          work,
          leases: store.leases,
          choice,
          ...kept,
          checkRegistry: (artifact, options) => checkRegistry(artifact, registries, options),
          isReadable: (artifact, credential, options) =>
            readability(artifact, credential, registries, options),
          scanHere: async (request, credential) => (await requests.submit(request, credential)).id,
          ...DEFAULT_TIME_LIMITS,
          sharedSeconds: { known: RESULT_SECONDS, unknown: UNDATED_SECONDS },
          onUnexpected,
        },
        { signal },
      );
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}

/** Of its own: what waits for others must not stand in the way of what is done here. */
function openQueue({
  store,
  maxWaiting,
}: {
  readonly store: SharedStore;
  readonly maxWaiting: number;
}): JobQueue {
  const keepSeconds = KEEP_JOB_SECONDS;
  return openStoredQueue({
    store: store.records,
    leases: store.leases,
    journal: openJournal(store.records, { name: 'component-jobs/1', keepSeconds }),
    deadJournal: openJournal(store.records, { name: 'dead-component-jobs/1', keepSeconds }),
    maxWaiting,
    maxAttempts: MAX_ATTEMPTS,
    leaseSeconds: LEASE_SECONDS,
    sweepSeconds: SWEEP_SECONDS,
  });
}

/** A scanner that is sent somewhere sees more of a network than whoever sends it. @throws ScannerFailure SCAN_FAILED */
async function checkRegistry(
  { image }: CompositeArtifact,
  registries: Registries,
  options: Signal,
): Promise<void> {
  try {
    await registries.check(parseReference(image).registry, options);
  } catch (error) {
    options.signal.throwIfAborted();
    if (!(error instanceof DrydockError)) throw error;
    // What has no name here may have one where the scanner is.
    if (error.code !== 'TARGET_FORBIDDEN') return;
    throw new ScannerFailure('SCAN_FAILED', toComponentError(error).message);
  }
}

/** What a registry answers to whoever wants the report of an artifact. */
async function readability(
  { image, plainHttp }: CompositeArtifact,
  credential: RegistryCredential | undefined,
  registries: Registries,
  { signal }: Signal,
): Promise<Readability> {
  const reference = parseReference(image);
  try {
    await registries.check(reference.registry, { signal });
    await registries.using(
      credential,
      reference.registry,
      (client) => client.resolveDigest(reference, { signal }),
      { plainHttp },
    );
    return 'yes';
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DrydockError)) throw error;
    return error.kind === 'denied' || error.kind === 'missing' ? 'no' : 'unknown';
  }
}
