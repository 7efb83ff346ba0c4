import { toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import { mergeBlobs } from './merge-blobs.ts';
import { BlobInfoSchema, PutBlobRequestSchema, type BlobInfo } from './messages/cache.ts';
import { ScanRequestSchema, ScanResponseSchema } from './messages/scanner.ts';
import { packageUid } from './package-uid.ts';
import { blobFromJson, blobToJson } from './stored-value.ts';
import { judgeWire } from './wire-bounds.ts';
import { newMessage, readMessage, writeMessage } from './wire.ts';
import { PackageSchema } from './messages/common.ts';

const parse = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const blobs: fc.Arbitrary<BlobInfo> = fc
  .record({
    schemaVersion: fc.integer({ min: 0, max: 3 }),
    digest: text,
    diffId: text,
    size: fc.nat().map(BigInt),
    whiteoutFiles: fc.array(text),
    packageInfos: fc.array(
      fc.record({
        filePath: text,
        packages: fc.array(
          fc.record({
            name: text,
            version: text,
            epoch: fc.nat(),
            dev: fc.boolean(),
            licenses: fc.array(text),
          }),
        ),
      }),
    ),
    secrets: fc.array(
      fc.record({
        filepath: text,
        findings: fc.array(
          fc.record({
            ruleId: text,
            startLine: fc.nat(),
            code: fc.record({ lines: fc.array(fc.record({ content: text })) }),
          }),
        ),
      }),
    ),
    licenses: fc.array(
      fc.record({
        pkgName: text,
        licenseType: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
      }),
    ),
    misconfigurations: fc.array(
      fc.record({
        filePath: text,
        failures: fc.array(
          fc.record({ message: text, policyMetadata: fc.record({ id: fc.constant('X'), title: text }) }),
        ),
      }),
    ),
  })
  .map((fields) =>
    newMessage(BlobInfoSchema, fields as Parameters<typeof newMessage<typeof BlobInfoSchema>>[1]),
  );

describe('a blob as caches keep it', () => {
  test('comes back as it was, but for what is empty', () => {
    fc.assert(
      fc.property(blobs, (blob) => {
        const again = blobFromJson(blobToJson(blob));
        expect(again && parse(blobToJson(again))).toEqual(parse(blobToJson(blob)));
      }),
    );
  });

  test('has the names of the original, and nothing that is empty', () => {
    const blob = newMessage(BlobInfoSchema, {
      schemaVersion: 2,
      diffId: 'd',
      packageInfos: [{ filePath: 'f', packages: [{ id: 'a@1', name: 'a', relationship: 3, epoch: 1 }] }],
      licenses: [{ licenseType: 1, fingings: [{ name: 'MIT', category: 4, confidence: 1 }] }],
    });
    expect(parse(blobToJson(blob))).toEqual({
      SchemaVersion: 2,
      DiffID: 'd',
      PackageInfos: [
        { FilePath: 'f', Packages: [{ ID: 'a@1', Name: 'a', Epoch: 1, Relationship: 'direct' }] },
      ],
      Licenses: [{ Type: 'dpkg', Findings: [{ Category: 'notice', Name: 'MIT', Confidence: 1 }] }],
    });
  });

  test('may have null for lists, and what only caches hold of packages', () => {
    const blob = blobFromJson(
      bytesOf({
        SchemaVersion: 2,
        OpaqueDirs: null,
        PackageInfos: [{ Packages: [{ Name: 'npm', Modularitylabel: 'nodejs:18:1:a', Layer: {} }] }],
      }),
    );
    expect(blob?.packageInfos[0]?.packages[0]).toMatchObject({
      beyondWire: { modularityLabel: 'nodejs:18:1:a' },
    });
    expect(mergeBlobs(blob ? [blob] : []).packages).toHaveLength(1);
  });

  test('keeps fields that are not known', () => {
    const known = toBinary(
      PutBlobRequestSchema,
      newMessage(PutBlobRequestSchema, { blobInfo: { diffId: 'd' } }),
    );
    // Field 99 of the blob, after its field 8: the message grows by those three bytes.
    const wire = Uint8Array.from([
      ...known.map((byte, at) => (at === 1 ? byte + 3 : byte)),
      0x98,
      0x06,
      0x07,
    ]);
    const { blobInfo } = readMessage(PutBlobRequestSchema, wire, 'protobuf');
    const again = blobInfo && blobFromJson(blobToJson(blobInfo));
    expect(again && toBinary(BlobInfoSchema, again)).toEqual(wire.subarray(2));
  });

  test('may be anything at all', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (json) => {
        const blob = blobFromJson(new TextEncoder().encode(json));
        if (blob) mergeBlobs([blob]);
      }),
    );
    expect(blobFromJson(Uint8Array.of(0xff))).toBeUndefined();
  });
});

describe('a message', () => {
  test('of any bytes is one or is refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom('protobuf' as const, 'json' as const),
        (bytes, form) => {
          for (const schema of [ScanRequestSchema, ScanResponseSchema, PutBlobRequestSchema]) {
            try {
              readMessage(schema, bytes, form);
            } catch (error) {
              expect(error).toBeInstanceOf(DrydockError);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is the same after both forms', () => {
    fc.assert(
      fc.property(blobs, (blobInfo) => {
        const message = newMessage(PutBlobRequestSchema, { diffId: 'key', blobInfo });
        for (const form of ['protobuf', 'json'] as const) {
          const again = readMessage(
            PutBlobRequestSchema,
            writeMessage(PutBlobRequestSchema, message, form),
            form,
          );
          expect(again).toEqual(message);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('of millions of empty ones is not built', () => {
    // Field 3 of the blob (packages of a file), empty, again and again.
    const bytes = new Uint8Array(4_000_000).map((_, at) => (at % 2 === 0 ? 0x1a : 0));
    expect(judgeWire(BlobInfoSchema, bytes)).toBe('too-much');
  });
});

describe('blobs lying on one another', () => {
  const blob = (diffId: string, fields: object): BlobInfo =>
    newMessage(BlobInfoSchema, { schemaVersion: 2, diffId, digest: diffId, ...fields });
  const app = (filePath: string, name = 'a', type = 'cargo') => ({
    type,
    filePath,
    packages: [{ name, version: '1' }],
  });

  test('whiteouts and opaque directories take away what is below them, of lower layers only', () => {
    const { applications } = mergeBlobs([
      blob('1', { applications: [app('x/a'), app('x/b/c'), app('y/a'), app('z')] }),
      blob('2', { whiteoutFiles: ['x/b'], opaqueDirs: ['y/'], applications: [app('y/b')] }),
    ]);
    expect(applications.map(({ filePath }) => filePath).sort()).toEqual(['x/a', 'y/b', 'z']);
  });

  test('a package is of the first layer that had it, a database of the last', () => {
    const database = (...names: string[]) => ({
      packageInfos: [{ filePath: 'db', packages: names.map((name) => ({ name, version: '1' })) }],
    });
    const { packages } = mergeBlobs([blob('1', database('a', 'b')), blob('2', database('b', 'c'))]);
    expect(packages.map(({ pkg, layer }) => `${pkg.name} ${layer?.diffId ?? ''}`)).toEqual(['b 1', 'c 2']);
  });

  test('secrets stay, the newer of one rule counting', () => {
    const secret = (...rules: string[]) => ({
      secrets: [{ filepath: 's', findings: rules.map((ruleId) => ({ ruleId })) }],
    });
    const { secrets } = mergeBlobs([
      blob('1', secret('a', 'b')),
      blob('2', { ...secret('a'), whiteoutFiles: ['s'] }),
    ]);
    expect(secrets[0]?.findings.map(({ ruleId, layer }) => ruleId + (layer?.diffId ?? ''))).toEqual([
      'a2',
      'b1',
    ]);
  });

  test.each([
    [['debian', 'ubuntu'], 'ubuntu'],
    [['redhat', 'oracle'], 'oracle'],
    [['alpine', 'debian'], 'alpine'],
  ])('of the systems %j it is %s', (families, family) => {
    expect(mergeBlobs(families.map((each) => blob('1', { os: { family: each } }))).os?.family).toBe(family);
  });

  test('kinds of which each package is a file are told as one', () => {
    const { applications } = mergeBlobs([
      blob('1', {
        applications: [app('a/package.json', 'a', 'node-pkg'), app('b/package.json', 'b', 'node-pkg')],
      }),
    ]);
    expect(applications.map(({ filePath, packages }) => [filePath, packages.length])).toEqual([['', 2]]);
  });

  test('the number of a package depends on what is known of it and where it is', () => {
    const pkg = newMessage(PackageSchema, { name: 'a', version: '1' });
    const numbers = [
      packageUid(pkg, ''),
      packageUid(pkg, 'x'),
      packageUid(newMessage(PackageSchema, { name: 'a', version: '1', epoch: 1 }), ''),
    ];
    expect(new Set(numbers).size).toBe(3);
    expect(packageUid(newMessage(PackageSchema, { name: 'a', version: '1' }), '')).toBe(numbers[0]);
  });
});
