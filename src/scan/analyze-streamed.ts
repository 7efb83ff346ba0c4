import type { AppliedLayer } from '../analysis/merge-tree.ts';
import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import type { Image, Platform } from '../model/image.ts';
import type { StreamedArchive } from '../oci/source.ts';
import type { AnalyzeParts } from './analyze-layers.ts';
import type { LayerReading } from './layer-reading.ts';
import { layerName, verifiedAnalysis } from './verify-layer.ts';

const ALGORITHMS = { stored: 'sha256', uncompressed: 'sha256' } as const;

/**
 * The image and its layers' analyses from an archive that passes by only once. Every blob that may be a layer is
 * analyzed as it comes; which of them are layers, and of what, is known at the end.
 */
export async function analyzeStreamedArchive(
  archive: StreamedArchive,
  platform: Platform | undefined,
  parts: AnalyzeParts,
  { signal }: Signal,
): Promise<{ image: Image; layers: AppliedLayer[] }> {
  const readings = new Map<string, LayerReading>();
  const image = await archive.read(
    platform,
    async (chunks, sizeBytes) => {
      const reading = await parts.pool.read(
        {
          sizeBytes,
          algorithms: ALGORITHMS,
          choice: parts.analyzers.choice,
          open: () => Promise.resolve({ kind: 'stream', chunks }),
          isSmall: false,
          isLocal: true,
        },
        { signal },
      );
      readings.set(reading.digest, reading);
      readings.set(reading.diffId, reading);
      return { digest: reading.digest, diffId: reading.diffId, sizeBytes: reading.storedBytes };
    },
    { signal },
  );
  const layers: AppliedLayer[] = [];
  for (const layer of image.layers) {
    if (layer.skipped !== undefined) continue;
    const reading = readings.get(layer.digest) ?? readings.get(layer.diffId);
    if (!reading) {
      throw new DrydockError('BLOB_NOT_FOUND', `${layerName(image, layer)} is not in the archive`);
    }
    const analysis = verifiedAnalysis(image, layer, reading, parts.analyzers.fingerprint);
    await parts.layerAnalyses.remember(analysis);
    layers.push({ digest: layer.digest, analysis });
  }
  return { image, layers };
}
