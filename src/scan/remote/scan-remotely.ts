import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import { scanFinished } from '../../base/channels.ts';
import type { Signal } from '../../base/signal.ts';
import type { Layer, Platform } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import { analyzeDirectory } from '../analyze-directory.ts';
import { analyzeLayers, type AnalyzeParts } from '../analyze-layers.ts';
import { analyzeStreamedArchive } from '../analyze-streamed.ts';
import type { ScanTarget } from '../scan-image.ts';
import type { LayeredSubject, RemoteScanner, Wanted } from './remote-scanner.ts';

export interface RemoteScanParts extends AnalyzeParts {
  readonly scanner: RemoteScanner;
}

export interface RemoteScanOptions extends Omit<Wanted, 'analyzers'> {
  readonly platform?: Platform;
}

/**
 * The journey from an image to its report where a server judges: this side reads, the other one compares with
 * advisories. Reports are not remembered here, as the server's database is not known here.
 *
 * @throws DrydockError of every kind that sources and layers give, and SERVER_…
 */
export async function scanRemotely(
  target: ScanTarget,
  options: RemoteScanOptions,
  parts: RemoteScanParts,
  { signal }: Signal,
): Promise<Report> {
  const startedAt = performance.now();
  const report = await judge(target, options, parts, { signal });
  const seconds = (performance.now() - startedAt) / 1000;
  scanFinished.publish({ image: report.image.name, seconds, cached: false });
  return report;
}

async function judge(
  target: ScanTarget,
  { platform, ...options }: RemoteScanOptions,
  parts: RemoteScanParts,
  signal: Signal,
): Promise<Report> {
  const { scanner, analyzers } = parts;
  const wanted: Wanted = { ...options, analyzers };
  switch (target.kind) {
    case 'inventory':
      return scanner.judgeInventory(target.image, target.inventory, wanted, signal);
    case 'directory': {
      const { image, inventory } = await analyzeDirectory(target.path, target.name, analyzers, signal);
      return scanner.judgeInventory(image, inventory, wanted, signal);
    }
    case 'streamed': {
      const { image, layers } = await analyzeStreamedArchive(target.archive, platform, parts, signal);
      return scanner.judgeImage({ image, read: among(layers) }, wanted, signal);
    }
    case 'image': {
      const image = await target.source.resolve(platform, signal);
      const read: LayeredSubject['read'] = (layers, o) =>
        analyzeLayers({ ...image, layers }, target.source, parts, o);
      return scanner.judgeImage({ image, read }, wanted, signal);
    }
  }
}

/** An archive that passed by has been read whole. */
function among(known: readonly AppliedLayer[]): LayeredSubject['read'] {
  const byDiffId = new Map(known.map((layer) => [layer.analysis.diffId, layer.analysis]));
  return (layers: readonly Layer[]) =>
    Promise.resolve(
      layers.flatMap(({ digest, diffId }) => {
        const analysis = byDiffId.get(diffId);
        return analysis ? [{ digest, analysis }] : [];
      }),
    );
}
