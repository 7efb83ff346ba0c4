import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError, type ErrorCode } from '../base/errors.ts';
import { digestOf, json, OCI } from '../../test/fixtures/made-images.ts';
import { parseManifest } from './manifest.ts';
import { DOCKER_LIST, DOCKER_MANIFEST, isImageConfigType, whyLayerIsSkipped } from './media-types.ts';

const digest = digestOf('x');
const config = { mediaType: OCI.config, digest, size: 1 };
const manifest = {
  schemaVersion: 2,
  mediaType: OCI.manifest,
  config,
  layers: [{ ...config, mediaType: OCI.layer }],
};
const index = { schemaVersion: 2, mediaType: OCI.index, manifests: [{ ...config, mediaType: OCI.manifest }] };

function parse(value: unknown, ...declared: string[]) {
  const bytes = typeof value === 'string' ? Buffer.from(value) : json(value);
  return parseManifest(bytes, declared, 'the manifest of test');
}

describe('parseManifest', () => {
  test.each([
    ['an OCI manifest', manifest, [OCI.manifest], 'manifest'],
    ['an OCI index', index, [OCI.index], 'index'],
    ['a Docker manifest', { ...manifest, mediaType: DOCKER_MANIFEST }, [DOCKER_MANIFEST], 'manifest'],
    ['a Docker list', { ...index, mediaType: DOCKER_LIST }, [DOCKER_LIST], 'index'],
    ['a type with parameters', manifest, [`${OCI.manifest}; charset=utf-8`], 'manifest'],
    ['a type in the header only', { ...manifest, mediaType: undefined }, [OCI.manifest], 'manifest'],
    ['a type in the body only', index, ['application/json', ''], 'index'],
    ['no type: a manifest by its looks', { ...manifest, mediaType: undefined }, ['text/plain'], 'manifest'],
    ['no type: an index by its looks', { ...index, mediaType: undefined }, [], 'index'],
    ['lists never filled', { ...index, manifests: null, mediaType: OCI.index }, [], 'index'],
  ])('reads %s', (_, value, declared, kind) => {
    expect(parse(value, ...declared).kind).toBe(kind);
  });

  test('keeps what descriptors say', () => {
    const platform = { os: 'windows', architecture: 'amd64', 'os.version': '10.0.1', variant: '' };
    const entry = {
      ...config,
      mediaType: OCI.manifest,
      platform,
      annotations: { a: 'b', n: 1, __proto__: 'c' },
    };
    const read = parse({ ...index, manifests: [entry] });
    if (read.kind !== 'index') throw new Error('not an index');
    expect(read.manifests[0]).toEqual({
      mediaType: OCI.manifest,
      digest,
      sizeBytes: 1,
      platform: { os: 'windows', architecture: 'amd64', osVersion: '10.0.1' },
      annotations: new Map([['a', 'b']]),
    });
  });

  const cases: [string, unknown, string[], ErrorCode][] = [
    ['broken JSON', '{"schemaVersion":2,', [], 'MANIFEST_INVALID'],
    ['no text', '\xff\xfe', [], 'MANIFEST_INVALID'],
    ['100,000 open brackets', '['.repeat(100_000), [OCI.manifest], 'MANIFEST_INVALID'],
    ['100,000 closed brackets', `${'['.repeat(1e5)}${']'.repeat(1e5)}`, [], 'MANIFEST_INVALID'],
    ['a list', [], [], 'MANIFEST_INVALID'],
    ['neither manifest nor index', {}, [], 'MANIFEST_INVALID'],
    ['manifest and index at once', { ...manifest, manifests: [] }, [], 'MANIFEST_INVALID'],
    ['a header that differs from the body', manifest, [DOCKER_MANIFEST], 'MANIFEST_INVALID'],
    ['a descriptor that differs from the header', manifest, [OCI.manifest, OCI.index], 'MANIFEST_INVALID'],
    ['an index called a manifest', { ...index, mediaType: undefined }, [OCI.manifest], 'MANIFEST_INVALID'],
    ['a manifest called an index', { ...manifest, mediaType: undefined }, [OCI.index], 'MANIFEST_INVALID'],
    ['a media type that is a number', { ...manifest, mediaType: 1 }, [], 'MANIFEST_INVALID'],
    ['no configuration', { ...manifest, config: undefined }, [], 'MANIFEST_INVALID'],
    ['layers that are text', { ...manifest, layers: 'no' }, [], 'MANIFEST_INVALID'],
    ['a layer that is null', { ...manifest, layers: [null] }, [], 'MANIFEST_INVALID'],
    ['a negative size', { ...manifest, config: { ...config, size: -1 } }, [], 'MANIFEST_INVALID'],
    ['a size as text', { ...manifest, config: { ...config, size: '1' } }, [], 'MANIFEST_INVALID'],
    [
      'a digest that climbs',
      { ...manifest, config: { ...config, digest: 'sha256:../../x' } },
      [],
      'DIGEST_INVALID',
    ],
    [
      'a digest we cannot check',
      { ...manifest, config: { ...config, digest: 'md5:00' } },
      [],
      'DIGEST_INVALID',
    ],
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, [], 'MANIFEST_UNSUPPORTED'],
    [
      'signed schema 1, even if it is no JSON',
      '{}{}',
      ['application/vnd.docker.distribution.manifest.v1+prettyjws'],
      'MANIFEST_UNSUPPORTED',
    ],
    ['schema 3', { ...manifest, schemaVersion: 3 }, [], 'MANIFEST_UNSUPPORTED'],
    [
      'the withdrawn artifact manifest',
      { mediaType: 'application/vnd.oci.artifact.manifest.v1+json' },
      [],
      'MANIFEST_UNSUPPORTED',
    ],
    ['1,001 layers', { ...manifest, layers: Array(1001).fill(config) }, [], 'IMAGE_TOO_MANY_LAYERS'],
    ['1,001 manifests', { ...index, manifests: Array(1001).fill(config) }, [], 'MANIFEST_TOO_LARGE'],
    ['more than 4 MiB', ' '.repeat((4 << 20) + 1), [], 'MANIFEST_TOO_LARGE'],
  ];
  test.each(cases)('refuses %s', (_, value, declared, code) => {
    expect(() => parse(value, ...declared)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('tells what to do about schema 1', () => {
    expect(() => parse({ schemaVersion: 1 })).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(/push/) as string }) as Error,
    );
  });

  test('does not quote what it could not parse', () => {
    expect(() => parse('root:x:0:0')).not.toThrow(/root/);
  });

  test('throws nothing but DrydockError, whatever it is given', () => {
    const field = fc.oneof(fc.jsonValue(), fc.constantFrom(config, [config], [], null, 2, OCI.index, digest));
    const keys = ['schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'artifactType', '__proto__'];
    const likely = fc.dictionary(fc.constantFrom(...keys), field).map(json);
    const mutated = fc.tuple(fc.nat(400), fc.nat(255)).map(([at, byte]) => {
      const bytes = Buffer.from(json(manifest));
      bytes[at % bytes.length] = byte;
      return bytes;
    });
    fc.assert(
      fc.property(fc.oneof(likely, mutated, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          parseManifest(bytes, [], 'it');
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('whyLayerIsSkipped', () => {
  test.each([
    OCI.layer,
    `${OCI.layer}+gzip`,
    `${OCI.layer}+zstd`,
    'application/vnd.docker.image.rootfs.diff.tar',
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.docker.image.rootfs.diff.tar.zstd',
  ])('reads %s', (mediaType) => {
    expect(whyLayerIsSkipped(mediaType)).toBeUndefined();
  });

  test.each([
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', /foreign/],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', /foreign/],
    [`${OCI.layer}+gzip+encrypted`, /encrypted/],
    ['application/vnd.in-toto+json', /media type "application\/vnd.in-toto\+json"/],
    ['application/x\u001b[31m', /\\u001b/],
    ['', /media type missing/],
  ])('skips %s and says why', (mediaType, reason) => {
    expect(whyLayerIsSkipped(mediaType)).toMatch(reason);
  });
});

test.each([
  [OCI.config, true],
  ['application/vnd.docker.container.image.v1+json', true],
  ['application/octet-stream', true],
  ['application/vnd.oci.empty.v1+json', false],
  ['application/vnd.cncf.helm.config.v1+json', false],
  ['application/vnd.docker.plugin.v1+json', false],
])('%s is the configuration of an image: %s', (mediaType, expected) => {
  expect(isImageConfigType(mediaType)).toBe(expected);
});
