import { describe, expect, test } from 'vitest';
import { sha256Of } from '../base/digest.ts';
import type { Image, Layer } from '../model/image.ts';
import type { LayerReading } from './layer-reading.ts';
import { verifiedAnalysis } from './verify-layer.ts';

const layer: Layer = { digest: sha256Of('stored'), diffId: sha256Of('tar'), mediaType: 'x', sizeBytes: 6 };
const image: Image = {
  name: 'i',
  kind: 'image',
  digest: sha256Of('m'),
  configDigest: sha256Of('c'),
  platform: { os: 'linux', architecture: 'amd64' },
  config: {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    history: [],
  },
  layers: [{ ...layer, digest: sha256Of('other') }, layer],
  repoTags: [],
  repoDigests: [],
};
const contents = {
  files: [],
  links: [],
  whiteouts: [],
  opaqueDirs: [],
  held: { files: '', directories: '' },
  diagnostics: [],
};
const good: LayerReading = {
  digest: layer.digest,
  diffId: layer.diffId,
  storedBytes: 6,
  uncompressedBytes: 3,
  result: { contents },
};

const verify = (reading: LayerReading, of: Layer = layer): unknown =>
  verifiedAnalysis(image, of, reading, 'a@1');

describe('verifying a layer', () => {
  test('gives the analysis of a sound one', () => {
    expect(verify(good)).toEqual({
      schema: 1,
      diffId: layer.diffId,
      analyzers: 'a@1',
      sizeBytes: 3,
      ...contents,
    });
  });

  test.each<[string, Partial<LayerReading>]>([
    ['LAYER_SIZE_MISMATCH', { storedBytes: 5 }],
    [
      'LAYER_DIGEST_MISMATCH',
      { digest: sha256Of('bad'), result: { failure: { kind: 'corrupt', message: 'm' } } },
    ],
    ['LAYER_CORRUPT', { result: { failure: { kind: 'corrupt', message: 'm' } } }],
    ['LAYER_LIMIT', { result: { failure: { kind: 'limit', message: 'm' } } }],
    ['LAYER_DIFF_ID_MISMATCH', { diffId: sha256Of('bad') }],
  ])('%s names the layer and its place', (code, change) => {
    expect(() => verify({ ...good, ...change })).toThrow(
      expect.objectContaining({
        code,
        message: expect.stringContaining(`layer 2 of 2 (${layer.digest})`) as string,
      }),
    );
  });

  test('where the stored digest is unknown only the diffID counts', () => {
    const unknown: Layer = { ...layer, digestUnknown: true };
    expect(() =>
      verify({ ...good, storedBytes: 99, digest: sha256Of('x') }, { ...image.layers[1], ...unknown }),
    ).not.toThrow();
    expect(() => verify({ ...good, diffId: sha256Of('x') }, unknown)).toThrow();
  });
});
