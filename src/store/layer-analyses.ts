import type { LayerAnalysis } from '../model/analysis.ts';
import type { Digest } from '../model/image.ts';
import { decode, encode } from './encode.ts';
import type { Store } from './store.ts';

/** What is known of layers. It never ages: a layer does not change, and other analyzers have other keys. */
export interface LayerAnalyses {
  find(diffId: Digest): Promise<LayerAnalysis | undefined>;
  remember(analysis: LayerAnalysis): Promise<void>;
}

/**
 * @param store without one nothing is remembered
 * @param analyzers fingerprint of the analyzers whose answers are wanted
 */
export function openLayerAnalyses(store: Store | undefined, analyzers: string): LayerAnalyses {
  const keyOf = (diffId: Digest): string => `layer/2/${diffId}/${analyzers}`;
  return {
    async find(diffId) {
      const bytes = await store?.get(keyOf(diffId));
      const analysis = bytes && ((await decode(bytes)) as Partial<LayerAnalysis> | null | undefined);
      const isOurs = analysis?.schema === 1 && analysis.diffId === diffId && analysis.analyzers === analyzers;
      return isOurs ? (analysis as LayerAnalysis) : undefined;
    },
    async remember(analysis) {
      const bytes = store && (await encode(analysis));
      if (bytes) await store.put(keyOf(analysis.diffId), bytes);
    },
  };
}
