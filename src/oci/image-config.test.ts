import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import { digestOf, json } from '../../test/fixtures/made-images.ts';
import { createdByOf, parseImageConfig } from './image-config.ts';

const diffId = digestOf('layer');

describe('parseImageConfig', () => {
  test('keeps what is used, under its own names', () => {
    const config = {
      architecture: 'arm64',
      os: 'linux',
      variant: 'v8',
      created: '2026-01-01T00:00:00Z',
      config: { Env: ['A=b'], Labels: { x: 'y' } },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [
        { created_by: 'ADD', empty_layer: false, comment: 3 },
        { created_by: 'ENV', empty_layer: true },
        null,
      ],
      unknown: true,
    };
    expect(parseImageConfig(json(config), 1, 'it')).toEqual({
      architecture: 'arm64',
      os: 'linux',
      variant: 'v8',
      created: '2026-01-01T00:00:00Z',
      config: { Env: ['A=b'], Labels: { x: 'y' } },
      rootfs: { type: 'layers', diff_ids: [diffId] },
      history: [{ created_by: 'ADD' }, { created_by: 'ENV', empty_layer: true }, {}],
    });
  });

  test('an image without layers needs to say almost nothing', () => {
    expect(parseImageConfig(json({ config: null, history: null }), 0, 'it')).toMatchObject({
      os: '',
      architecture: '',
      config: {},
      history: [],
    });
  });

  test('a __proto__ key changes no prototype', () => {
    const text =
      '{"__proto__":{"polluted":true},"config":{"Labels":{"__proto__":"x"}},"rootfs":{"diff_ids":[]}}';
    const config = parseImageConfig(Buffer.from(text), 0, 'it');
    expect('polluted' in config).toBe(false);
    expect(Object.getPrototypeOf(config.config['Labels'])).toBe(Object.prototype);
  });

  test.each([
    ['fewer diffIDs than layers', { rootfs: { diff_ids: [diffId] } }, 2, 'IMAGE_CONFIG_INVALID'],
    ['more diffIDs than layers', { rootfs: { diff_ids: [diffId] } }, 0, 'IMAGE_CONFIG_INVALID'],
    ['no rootfs', {}, 1, 'IMAGE_CONFIG_INVALID'],
    ['a broken diffID', { rootfs: { diff_ids: ['sha256:zz'] } }, 1, 'DIGEST_INVALID'],
    ['an architecture that is none', { architecture: 7, rootfs: {} }, 0, 'IMAGE_CONFIG_INVALID'],
    ['an endless os', { os: 'x'.repeat(101) }, 0, 'IMAGE_CONFIG_INVALID'],
    ['a history that is text', { history: 'x' }, 0, 'IMAGE_CONFIG_INVALID'],
  ])('refuses %s', (_, config, layers, code) => {
    expect(() => parseImageConfig(json(config), layers, 'it')).toThrow(
      expect.objectContaining({ code }) as Error,
    );
  });

  test('throws nothing but DrydockError, whatever it is given', () => {
    const keys = ['architecture', 'os', 'variant', 'config', 'rootfs', 'history', '__proto__', 'constructor'];
    const value = fc.oneof(fc.jsonValue(), fc.constant({ diff_ids: [diffId] }));
    const likely = fc.dictionary(fc.constantFrom(...keys), value).map(json);
    fc.assert(
      fc.property(fc.oneof(likely, fc.uint8Array({ maxLength: 200 })), fc.nat(2), (bytes, layers) => {
        try {
          parseImageConfig(bytes, layers, 'it');
        } catch (error) {
          expect(error).toBeInstanceOf(DrydockError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('createdByOf', () => {
  const [add, env, run] = [
    { created_by: 'ADD' },
    { created_by: 'ENV', empty_layer: true },
    { created_by: 'RUN' },
  ];
  test.each([
    ['steps without a layer are left out', [add, env, run], 2, ['ADD', 'RUN']],
    ['a short history leaves the last layers without', [env, add], 2, ['ADD', undefined]],
    ['no history gives none', [], 2, [undefined, undefined]],
    ['a history that is too long fits nowhere for certain', [add, run], 1, [undefined]],
  ])('%s', (_, history, layers, expected) => {
    expect(createdByOf(history, layers)).toEqual(expected);
  });
});
