import { setMaxListeners } from 'node:events';
import type { AppliedLayer } from '../analysis/merge-tree.ts';
import { layerDone, layerProgress } from '../base/channels.ts';
import { algorithmOf } from '../base/digest.ts';
import type { Signal } from '../base/signal.ts';
import type { Diagnostic, LayerAnalysis } from '../model/analysis.ts';
import type { Digest, Image, Layer } from '../model/image.ts';
import type { ImageSource } from '../oci/source.ts';
import type { LayerAnalyses } from '../store/layer-analyses.ts';
import type { ChosenAnalyzers } from './analyzers.ts';
import { alone, type Flights } from './flights.ts';
import type { LayerPool } from './layer-pool.ts';
import { openPackageSharing } from './share-packages.ts';
import { verifiedAnalysis } from './verify-layer.ts';

/** Images that are smaller than this in all are read before a thread could have started. */
const SMALL_IMAGE_BYTES = 12 << 20;

export interface AnalyzeParts {
  readonly pool: LayerPool;
  readonly layerAnalyses: LayerAnalyses;
  readonly analyzers: ChosenAnalyzers;
  /** Absent: nobody else reads the same layers at the same time. */
  readonly flights?: Flights;
}

/** The analysis of every layer in order; only those that nobody has analyzed yet are read, each once. */
export async function analyzeLayers(
  image: Image,
  source: ImageSource,
  parts: AnalyzeParts,
  { signal }: Signal,
): Promise<AppliedLayer[]> {
  const layers = image.layers.filter((layer) => layer.skipped === undefined);
  const share = openPackageSharing();
  const known = await findKnown(layers, parts, share);
  const missing = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()].filter(
    (layer) => !known.has(layer.diffId),
  );
  const isSmall = missing.reduce((sum, layer) => sum + layer.sizeBytes, 0) <= SMALL_IMAGE_BYTES;
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(0, both); // one a layer
  const reads = missing.map(async (layer) => {
    const analysis = await readLayerOnce(image, layer, source, parts, isSmall, { signal: both });
    known.set(layer.diffId, share(analysis));
  });
  try {
    await Promise.all(reads);
  } catch (error) {
    stop.abort();
    await Promise.allSettled(reads);
    throw error;
  }
  return layers.flatMap((layer) => {
    const analysis = known.get(layer.diffId);
    return analysis ? [{ digest: layer.digest, analysis }] : [];
  });
}

async function findKnown(
  layers: readonly Layer[],
  parts: AnalyzeParts,
  share: (analysis: LayerAnalysis) => LayerAnalysis,
): Promise<Map<Digest, LayerAnalysis>> {
  const known = new Map<Digest, LayerAnalysis>();
  for (const layer of layers) {
    if (known.has(layer.diffId)) continue;
    const analysis = await parts.layerAnalyses.find(layer.diffId);
    if (!analysis) continue;
    known.set(layer.diffId, share(analysis));
    layerDone.publish({ digest: layer.digest, sizeBytes: layer.sizeBytes, cached: true });
  }
  return known;
}

async function readLayerOnce(
  image: Image,
  layer: Layer,
  source: ImageSource,
  parts: AnalyzeParts,
  isSmall: boolean,
  options: Signal,
): Promise<LayerAnalysis> {
  let isRead = false;
  const { flights = alone, layerAnalyses, analyzers } = parts;
  const flight = {
    name: `layer/${layer.diffId}/${analyzers.fingerprint}`,
    origin: originOf(image),
    find: () => layerAnalyses.find(layer.diffId),
    make: (o: Signal) => {
      isRead = true;
      return readLayer(image, layer, source, parts, isSmall, o);
    },
  };
  const analysis = await flights.run(flight, options);
  if (!isRead) layerDone.publish({ digest: layer.digest, sizeBytes: layer.sizeBytes, cached: true });
  return analysis;
}

/** Where an image is read from. */
export function originOf({ reference, name }: Image): string {
  return reference ? `${reference.registry}/${reference.repository}` : name;
}

async function readLayer(
  image: Image,
  layer: Layer,
  source: ImageSource,
  parts: AnalyzeParts,
  isSmall: boolean,
  { signal }: Signal,
): Promise<LayerAnalysis> {
  const { digest, sizeBytes } = layer;
  const reading = await parts.pool.read(
    {
      sizeBytes,
      algorithms: { stored: algorithmOf(digest), uncompressed: algorithmOf(layer.diffId) },
      choice: parts.analyzers.choice,
      open: (options) => source.openLayer(image, layer, options),
      isSmall,
      isLocal: image.reference === undefined && !source.isStreamed,
      ...(layerProgress.hasSubscribers && {
        onProgress: (readBytes) => layerProgress.publish({ digest, readBytes, sizeBytes }),
      }),
    },
    { signal },
  );
  const analysis = verifiedAnalysis(image, layer, reading, parts.analyzers.fingerprint);
  await parts.layerAnalyses.remember(analysis);
  layerDone.publish({ digest, sizeBytes, cached: false });
  return analysis;
}

/** Says which layers were left out and why. */
export function skippedLayers(image: Image): Diagnostic[] {
  return image.layers.flatMap((layer) => {
    if (layer.skipped === undefined) return [];
    return [
      {
        code: 'LAYER_SKIPPED',
        by: 'scan',
        message: `layer ${layer.digest} was not scanned: ${layer.skipped}`,
      },
    ];
  });
}
