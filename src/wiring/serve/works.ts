import { makeFolder } from '../../base/make-folder.ts';
import { openDisposal, type Disposal } from '../../base/disposal.ts';
import { openReaders, type Readers } from '../../store/readers.ts';
import type { Run } from '../run.ts';
import { openCompositeWork, type CompositeWork } from './composite-work.ts';
import { openImageScans } from './image-scans.ts';
import { openKnownImages } from './known-images.ts';
import type { RefreshingParts } from './refreshing.ts';
import { openRegistries, type Registries } from './registries.ts';
import { openScanWork, type ScanWork } from './scan-work.ts';
import { openScanners, type Scanners } from './scanner-registrations.ts';

/** Everything behind a server or a worker. */
export interface Works extends RefreshingParts, AsyncDisposable {
  readonly work: ScanWork;
  readonly readers: Readers;
  readonly registries: Registries;
  /** Besides Drydock itself. */
  readonly scanners: Scanners;
  readonly composite: CompositeWork;
}

/** @throws DrydockError CONFIG_INVALID, QUEUE_UNAVAILABLE */
export async function openWorks(run: Run, role: 'server' | 'worker'): Promise<Works> {
  const disposal = openDisposal();
  try {
    return await openParts(run, role, disposal);
  } catch (error) {
    await disposal[Symbol.asyncDispose]();
    throw error;
  }
}

async function openParts(run: Run, role: 'server' | 'worker', disposal: Disposal): Promise<Works> {
  const { config } = run.loaded;
  await makeFolder(config.cacheDir);
  const known = await openKnownImages(run, disposal);
  const { store } = known;
  const registries = disposal.use(openRegistries(run, role));
  const readers = openReaders(store.cache, config.reportTtl);
  const parts = { run, ...known, registries, readers };
  const scans = disposal.use(await openImageScans(parts));
  const scanners = disposal.use(await openScanners({ run, store, role }));
  const work = disposal.use(await openScanWork(config, store));
  const all = { ...parts, scans, scanners, work };
  const composite = disposal.use(await openCompositeWork(all));
  return { ...all, composite, [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose]() };
}
