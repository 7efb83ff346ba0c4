import { DrydockError } from '../base/errors.ts';
import type { LayerAnalysis } from '../model/analysis.ts';
import type { Image, Layer } from '../model/image.ts';
import type { LayerReading } from './layer-reading.ts';

/**
 * The analysis of a layer, once everything that the manifest and config say of it has proved true.
 *
 * @throws DrydockError LAYER_SIZE_MISMATCH, LAYER_DIGEST_MISMATCH, LAYER_CORRUPT, LAYER_LIMIT, LAYER_DIFF_ID_MISMATCH
 */
export function verifiedAnalysis(
  image: Image,
  layer: Layer,
  reading: LayerReading,
  analyzers: string,
): LayerAnalysis {
  const name = layerName(image, layer);
  if (!layer.digestUnknown && reading.storedBytes !== layer.sizeBytes) {
    throw new DrydockError(
      'LAYER_SIZE_MISMATCH',
      `${name} has ${reading.storedBytes} bytes where the manifest says ${layer.sizeBytes}`,
      { hint: DAMAGED },
    );
  }
  if (!layer.digestUnknown && reading.digest !== layer.digest) {
    throw new DrydockError('LAYER_DIGEST_MISMATCH', `${name} has the digest ${reading.digest}`, {
      hint: DAMAGED,
    });
  }
  if ('failure' in reading.result) {
    const { kind, message } = reading.result.failure;
    throw new DrydockError(
      kind === 'limit' ? 'LAYER_LIMIT' : 'LAYER_CORRUPT',
      `${name} cannot be read: ${message}`,
      {
        hint:
          kind === 'limit' ? undefined : 'The image was built or stored damaged: build and push it again.',
      },
    );
  }
  if (reading.diffId !== layer.diffId) {
    throw new DrydockError(
      'LAYER_DIFF_ID_MISMATCH',
      `${name} unpacks to ${reading.diffId} where the image config says ${layer.diffId}`,
      { hint: 'The image config does not belong to these layers: build and push the image again.' },
    );
  }
  return {
    schema: 1,
    diffId: layer.diffId,
    analyzers,
    sizeBytes: reading.uncompressedBytes,
    ...reading.result.contents,
  };
}

const DAMAGED = 'The blob is damaged or was cut short: pull or push the image again.';

/** `layer 2 of 5 (sha256:…)`: what people find in the manifest. */
export function layerName(image: Image, layer: Layer): string {
  const position = image.layers.indexOf(layer);
  return `layer ${position + 1} of ${image.layers.length} (${layer.digest})`;
}
