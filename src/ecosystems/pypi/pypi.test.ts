import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEgg } from './parse-egg.ts';
import { parseMetadata } from './parse-metadata.ts';
import { pythonEggs, pythonPackages } from './python-pkg.ts';

const PATH = 'usr/lib/python3/dist-packages/a-1.dist-info/METADATA';

const parse = (...lines: string[]): ReturnType<typeof parseMetadata> =>
  parseMetadata(Buffer.from(lines.join('\n')), PATH);

describe('metadata of Python packages', () => {
  test.each([
    ['a-1.dist-info/METADATA', true],
    ['a-1.egg-info', true],
    ['a-1.egg-info/PKG-INFO', true],
    ['a-1.egg/EGG-INFO/PKG-INFO', true],
    ['a-1/METADATA', false],
    ['a-1/PKG-INFO', false],
    ['a-1.dist-info/RECORD', false],
    ['a-1.egg', false],
  ])('%s is wanted: %s', (path, wanted) => {
    expect(pythonPackages.wants({ path: `site-packages/${path}`, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test('name and version are told as they are written', () => {
    expect(parse('Metadata-Version: 2.1', 'Name: Zope.Interface_X', 'VERSION:  1.0rc1 ', '')).toEqual({
      packages: [
        {
          ...{ type: 'pypi', name: 'Zope.Interface_X', version: '1.0rc1', licenses: [] },
          ...{ application: 'python-pkg', paths: [PATH] },
        },
      ],
    });
  });

  test.each<[string[], string[]]>([
    [['License-Expression: MIT OR Apache-2.0', 'License: other'], ['MIT OR Apache-2.0']],
    [['License: BSD', 'Classifier: License :: OSI Approved :: MIT License'], ['BSD']],
    [['License: UNKNOWN', 'Classifier: License :: OSI Approved :: MIT License'], ['MIT License']],
    [
      ['License: Copyright 2020', '        All rights', 'Classifier: License :: OSI Approved :: BSD License'],
      ['BSD License'],
    ],
    [['Classifier: License :: OSI Approved', 'Classifier: Topic :: Internet'], []],
    [['License:', 'License: second'], []],
  ])('%j state the licences %j', (lines, licenses) => {
    expect(parse('Name: a', 'Version: 1', ...lines).packages).toMatchObject([{ licenses }]);
  });

  test('the description, odd lines and line ends of Windows do no harm', () => {
    const result = parse('Name: a\r', ': none', 'no header', 'Version: 1\r', '\r', 'Name: b', 'Version: 2');
    expect(result.packages).toMatchObject([{ name: 'a', version: '1' }]);
    expect(parse('', 'Name: a', 'Version: 1').packages).toBeUndefined();
  });

  test.each([['Name: a'], ['Version: 1'], [''], ['Name: a b', 'Version: 1']])(
    '%j… is damaged',
    (...lines) => {
      expect(parse(...lines)).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
    },
  );

  test('a million headers are not all read', () => {
    const text = `${'Classifier: License :: X\n'.repeat(600_000)}Name: a\nVersion: 1\n`;
    expect(parse(text).packages).toBeUndefined();
    expect(parse(`Name: a\nVersion: 1\nLicense: x\n${' y\n'.repeat(1_000_000)}`).packages).toHaveLength(1);
  });

  test('any bytes give an answer', () => {
    const line = fc.oneof(fc.constantFrom('Name: a', 'Version: 1', ' x', '', '\r'), fc.string());
    fc.assert(fc.property(fc.array(line), (lines) => void parse(...lines)));
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void parseMetadata(bytes, PATH)));
  });
});

describe('packed eggs', () => {
  const path = 'site-packages/a-1.egg';
  const metadata = Buffer.from('Name: a\nVersion: 1\n');

  test('are wanted by their ending', () => {
    expect(pythonEggs.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(true);
    expect(pythonEggs.wants({ path: `${path}-info`, sizeBytes: 1, mode: 0o644 })).toBe(false);
  });

  test('tell the package inside, with their own path', () => {
    expect(parseEgg(zipOf('EGG-INFO/PKG-INFO', metadata), path)?.packages).toMatchObject([
      { name: 'a', version: '1', paths: [path] },
    ]);
  });

  test('that hold no metadata are something else; that are no archive are damaged', () => {
    expect(parseEgg(zipOf('README', metadata), path)).toBeUndefined();
    expect(parseEgg(Buffer.from('x'), path)?.diagnostics).toMatchObject([{ code: 'PACKAGE_FILE_DAMAGED' }]);
  });

  test('that are damaged anywhere give an answer', () => {
    const whole = zipOf('EGG-INFO/PKG-INFO', metadata);
    const at = fc.nat({ max: whole.length - 1 });
    fc.assert(
      fc.property(at, fc.nat({ max: 255 }), at, (place, byte, length) => {
        const bytes = Buffer.from(whole);
        bytes[place] = byte;
        parseEgg(bytes, path);
        parseEgg(bytes.subarray(0, length), path);
      }),
    );
  });
});

/** An archive of one deflated file. */
function zipOf(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(8, 4);
  header.writeUInt32LE(packed.length, 14);
  header.writeUInt32LE(content.length, 18);
  header.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from(name), packed]);
  const entry = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00'),
    header,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
