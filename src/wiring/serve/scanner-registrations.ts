import { openDisposal } from '../../base/disposal.ts';
import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import { LOCAL_TYPES } from '../../scan/composite/scan-types.ts';
import { openRegisteredScanners, type RegisteredScanners } from '../../scan/scanners/registered-scanners.ts';
import { openScannerDirectory, type ScannerDirectory } from '../../scan/scanners/scanner-directory.ts';
import { openTargetGuard, type TargetGuard } from '../../server/guard/target-guard.ts';
import { isLoopback } from '../../server/listen-safety.ts';
import { scannersDoor } from '../../server/scanners/door.ts';
import type { Door } from '../../server/door.ts';
import type { ScannerGauge } from '../../server/metrics/metrics.ts';
import { openRegistrations } from '../../store/registrations.ts';
import { openScanner, probeScanner } from '../open-scanner.ts';
import type { Run } from '../run.ts';
import { readScannersFile } from '../scanners-file.ts';
import { credentialKey } from './credential-key.ts';
import { parseListen } from './listen.ts';
import { openRegistryGuard } from './registries.ts';
import type { SharedStore } from './shared-store.ts';

/** Scanners besides Drydock itself: who they are, how they are, and who is for what. */
export interface Scanners extends AsyncDisposable {
  /** For whoever hands out scans. */
  readonly choice: RegisteredScanners;
  readonly directory: ScannerDirectory;
  /** Told how many scans of a registration are not over, once somebody knows. */
  countOpenScans(count: (id: string) => Promise<number>): void;
  /** Asks how they are, and crosses out those that are drained, until it is called off. */
  watch(options: Signal): Promise<void>;
  gauges(): Promise<readonly ScannerGauge[]>;
}

export interface ScannersParts {
  readonly run: Run;
  readonly store: SharedStore;
  readonly role: 'server' | 'worker';
}

const SWEEP_MS = 5000;

/** @throws DrydockError CONFIG_INVALID */
export async function openScanners({ run, store, role }: ScannersParts): Promise<Scanners> {
  const { config } = run.loaded;
  const fixed = await readScannersFile(config.scannersFile);
  const key = await credentialKey(config, store);
  const registrations = openRegistrations({
    store: store.records,
    leases: store.leases,
    ...(key && { key }),
  });
  const hosts = fixed.registrations.flatMap(({ target }) =>
    target.kind === 'adapter' ? [new URL(target.url).host] : [],
  );
  const around = {
    run,
    guard: scannerGuard(run, role, hosts),
    registryGuard: openRegistryGuard(run, role),
  };
  let openScans = (_id: string): Promise<number> => Promise.resolve(0);
  const directory = openScannerDirectory({
    registrations,
    fixed,
    probe: (target, credential, options) => probeScanner(target, credential, around, options),
    openScans: (id) => openScans(id),
  });
  const disposal = openDisposal();
  const choice = disposal.use(
    openRegisteredScanners({
      book: () => directory.book(),
      localTypes: new Set(LOCAL_TYPES.map(({ mediaType }) => mediaType)),
      open: async (one) => openScanner(one, await directory.credential(one.id), around),
    }),
  );
  return {
    choice,
    directory,
    countOpenScans: (count) => void (openScans = count),
    async watch(options) {
      await Promise.all([choice.watch(options), sweepDrained(directory, options)]);
    },
    async gauges() {
      const { registrations: all } = await directory.book();
      return all.map((one) => {
        const { state, circuit } = choice.stateNow(one);
        return { scanner: one.name, isUp: state === 'healthy' && circuit === 'closed' };
      });
    },
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  };
}

/** The door where they are registered. */
export function openScannersDoor(run: Run, { choice, directory }: Scanners): Door {
  const basePath = run.loaded.config.harborPath;
  return scannersDoor({ version: run.version, directory, scanners: choice, basePath });
}

/** What the operator has written down himself is known to him, wherever it lies. */
function scannerGuard(run: Run, role: 'server' | 'worker', known: readonly string[]): TargetGuard {
  const { config } = run.loaded;
  return openTargetGuard({
    privateRegistries: [...config.allowScanner, ...known],
    allowPrivate: config.allowPrivateNetworks,
    allowLoopback: role === 'server' && isLoopback(parseListen(config.listen).host),
  });
}

async function sweepDrained(directory: ScannerDirectory, { signal }: Signal): Promise<void> {
  while (!signal.aborted) {
    await directory.sweep({ signal }).catch(() => undefined); // the store says itself when it is away
    await sleep(SWEEP_MS, { signal }).catch(() => undefined); // called off
  }
}
