import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LicenseClue } from '../../model/analysis.ts';
import type { EntryHeader } from '../analyzer.ts';
import { parseDebianCopyright } from './debian-copyright.ts';
import { isLicenseFile, licenseAnalyzers } from './license-analyzers.ts';
import { readLicenseNotices } from './license-notices.ts';
import { openLicenseClassifier } from './text/classify.ts';

const ISC = `ISC License

Copyright (c) 2020, Some Body

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
`;
const APACHE = readFileSync(fileURLToPath(new URL('../../../LICENSE', import.meta.url)), 'utf8');
const COMMON = '/usr/share/common-licenses';

describe('texts of licences', () => {
  const classifier = openLicenseClassifier();
  const classify = (text: string): LicenseClue[] => classifier.classify(text);
  const names = (text: string): string[] => classify(text).map(({ name }) => name);

  test('are recognised, whatever the layout, the marks of a comment and the owner', () => {
    expect(names(ISC)).toEqual(['ISC']);
    expect(names(ISC.replaceAll('\n', '\n * ').toUpperCase())).toEqual(['ISC']);
    expect(names(ISC.replaceAll(/\s+/g, ' ').replace('AUTHOR', 'COPYRIGHT HOLDERS'))).toEqual(['ISC']);
    expect(classify(APACHE)).toEqual([{ name: 'Apache-2.0', confidence: 1 }]);
  });

  test('each is told where several stand in one file', () => {
    expect(names(`${APACHE}\n---\n${ISC}`)).toEqual(['Apache-2.0', 'ISC']);
  });

  test('a text from which a part is missing is another one', () => {
    expect(names(ISC.replace(/provided that.*copies\./s, ''))).toEqual(['0BSD']);
    expect(names(ISC.slice(0, 400))).toEqual([]);
    expect(openLicenseClassifier(0.4).classify(ISC.slice(0, 620))[0]?.confidence).toBeLessThan(0.9);
  });

  test.skipIf(!existsSync(`${COMMON}/GPL-3`)).each([
    ['GPL-2', 'GPL-2.0-only'],
    ['GPL-3', 'GPL-3.0-only'],
    ['LGPL-2.1', 'LGPL-2.1-only'],
    ['LGPL-3', 'LGPL-3.0-only'],
    ['MPL-2.0', 'MPL-2.0'],
    ['BSD', 'BSD-3-Clause'],
    ['Artistic', 'Artistic-1.0-Perl'],
  ])('%s of /usr/share/common-licenses is %s (needs a Debian system)', (file, expected) => {
    expect(names(readFileSync(`${COMMON}/${file}`, 'latin1'))).toEqual([expected]);
  });

  test('any text is answered', () => {
    fc.assert(fc.property(fc.string(), (text) => void classify(text)));
    const words = fc.array(
      fc.constantFrom('permission', 'is', 'hereby', 'granted', '\n', 'copyright (c) 2', '©'),
    );
    fc.assert(fc.property(words, (text) => void classify(text.join(' '))));
  });

  test('a large text takes no long time', () => {
    const started = performance.now();
    classify(ISC.repeat(5_000));
    classify('copyright '.repeat(500_000));
    classify(`${' '.repeat(199)}\n`.repeat(10_000));
    expect(performance.now() - started).toBeLessThan(18_000);
  });
});

describe('notices', () => {
  test.each([
    ['// SPDX-License-Identifier: MIT OR Apache-2.0\n', ['MIT OR Apache-2.0']],
    ['/* SPDX-License-Identifier: GPL-2.0+ */', ['GPL-2.0-or-later']],
    ['<!-- SPDX-License-Identifier: CC0-1.0 -->', ['CC0-1.0']],
    ['// SPDX-License-Identifier: $LICENSE', []],
    [
      '# Licensed under the Apache License, Version 2.0 (the "License");\n# you may not use this file except',
      ['Apache-2.0'],
    ],
    [
      ` * This program is free software; you can redistribute it and/or modify
 * it under the terms of the GNU Lesser General Public License as published
 * by the Free Software Foundation; either version 2.1 of the License, or
 * (at your option) any later version.`,
      ['LGPL-2.1-or-later'],
    ],
    [
      `it under the terms of the GNU General Public License version 2 as published by the Free Software Foundation.`,
      ['GPL-2.0-only'],
    ],
    ['This is compatible with the GNU General Public License version 2.', []],
    ['', []],
  ])('%j', (text, expected) => {
    expect(readLicenseNotices(text).map(({ name }) => name)).toEqual(expected);
  });

  test('any text is answered', () => {
    const word = fc.constantFrom(
      'SPDX-License-Identifier:',
      'general public license',
      'under the terms of',
      'version 2',
      '\n',
    );
    fc.assert(fc.property(fc.array(word), (words) => void readLicenseNotices(words.join(' '))));
    fc.assert(
      fc.property(fc.string(), (text) => void readLicenseNotices(`SPDX-License-Identifier: ${text}`)),
    );
  });
});

describe('Debian copyright files', () => {
  test.each([
    [
      'machine-readable',
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: lib/*\nLicense: LGPL-2.1+ and Expat\n\nLicense: GPL-2+\n On Debian systems, see /usr/share/common-licenses/GPL-2.\n',
      ['GPL-2.0-or-later', 'LGPL-2.1-or-later AND MIT'],
    ],
    [
      'references',
      'It is in "/usr/share/common-licenses/GPL-3".\nand /usr/share/common-licenses/Apache-2.0\n',
      ['GPL-3.0-only', 'Apache-2.0'],
    ],
    ['a remark behind the name', 'License: The MIT License (MIT)\n', ['MIT']],
    ['unknown names', 'License: Foo-thing\nLicense: other\n', ['Foo-thing', 'other']],
    ['nothing', 'Copyright 2020 Some Body\n', []],
  ])('%s', (_, text, expected) => {
    expect(parseDebianCopyright(text)).toEqual(expected);
  });

  test('any text is answered, soon', () => {
    const word = fc.constantFrom(
      'License:',
      '/usr/share/common-licenses/',
      'GPL-2',
      '\n',
      ' ',
      '(',
      ',',
      'and',
    );
    fc.assert(fc.property(fc.array(word), (words) => void parseDebianCopyright(words.join(''))));
    const started = performance.now();
    parseDebianCopyright(`License: ${' '.repeat(1_990)}\n`.repeat(2_000));
    parseDebianCopyright(Array.from({ length: 100_000 }, (_, i) => `License: X${i} and Y${i}`).join('\n'));
    parseDebianCopyright('/usr/share/common-licenses/'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(18_000);
  });
});

describe('analyzers', () => {
  const file = (path: string, content: string) => {
    const bytes = Buffer.from(content);
    return { path, sizeBytes: bytes.length, mode: 0o644, content: bytes };
  };
  const run = (files: readonly [path: string, content: string][], full = true, links: EntryHeader[] = []) => {
    const found = new Map<string, readonly LicenseClue[] | undefined>();
    for (const analyzer of licenseAnalyzers({ full })) {
      const session = analyzer.begin();
      for (const link of links) session.entry?.(link);
      for (const [path, content] of files) {
        if (!analyzer.wants(file(path, content))) continue;
        const result = session.add(file(path, content));
        if (result) found.set(path, result.licenses);
      }
      for (const [path, result] of session.end?.() ?? []) found.set(path, result.licenses);
    }
    return Object.fromEntries(found);
  };

  test('licence files and headers of sources are looked at in full mode only', () => {
    const files: [string, string][] = [
      ['app/LICENSE', ISC],
      ['app/main.go', '// SPDX-License-Identifier: MIT\npackage main\n'],
    ];
    expect(run(files)).toEqual({
      'app/LICENSE': [{ name: 'ISC', confidence: 1 }],
      'app/main.go': [{ name: 'MIT', confidence: 1 }],
    });
    expect(run(files, false)).toEqual({});
  });

  test('a copyright file speaks of its package, and of those whose directory is a link to it', () => {
    const link = (name: string, target: string): EntryHeader => {
      const path = `usr/share/doc/${name}`;
      return { path, kind: 'symlink', sizeBytes: 0, mode: 0o777, linkTarget: target };
    };
    const found = run([['usr/share/doc/gcc-12-base/copyright', 'License: GPL-3+\n']], false, [
      link('libgcc-s1', 'gcc-12-base'),
      link('libgcc-s1-dev', '../doc/libgcc-s1'),
      link('elsewhere', '/opt/x'),
      link('gcc-12-base', 'libgcc-s1'),
    ]);
    const clues = Object.values(found).flat();
    expect(clues.map((clue) => clue?.packageName)).toEqual(['gcc-12-base', 'libgcc-s1', 'libgcc-s1-dev']);
    expect(clues[0]).toEqual({ name: 'GPL-3.0-or-later', confidence: 1, packageName: 'gcc-12-base' });
  });

  test('a copyright file that states nothing is read as a text', () => {
    const [clue] = run([['usr/share/doc/x/copyright', ISC]], false)['usr/share/doc/x/copyright'] ?? [];
    expect(clue).toEqual({ name: 'ISC', confidence: 1, packageName: 'x' });
  });

  test.each([
    ['LICENSE', true],
    ['app/LICENSE.md', true],
    ['app/LICENSE-MIT', true],
    ['app/MIT-LICENSE.txt', true],
    ['app/COPYING.LESSER', true],
    ['app/licence', true],
    ['app/UNLICENSE', true],
    ['app/NOTICE.txt', true],
    ['app/license.js', false],
    ['app/licenses.json', false],
    ['app/LICENSE.go', false],
    ['usr/share/common-licenses/GPL-3', false],
    ['usr/share/doc/x/copyright', false],
    ['usr/share/doc/x/examples/copyright', true],
    ['app/readme', false],
  ])('%s is a licence file: %s', (path, expected) => {
    expect(isLicenseFile({ path, sizeBytes: 100, mode: 0o644 })).toBe(expected);
  });
});
