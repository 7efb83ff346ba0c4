import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SPDX_LICENSE_IDS } from '../../codec/spdx-license-ids.ts';
import { isSpdxExpression } from '../../codec/spdx-expression.ts';
import { formatLicenseExpression, parseLicenseExpression } from './license-expression.ts';
import { findLicense } from './license-names.ts';
import { normalizeLicense } from './normalize-license.ts';

describe('names of licences', () => {
  test.each([
    // SPDX, in any case, with ids that were given up
    ['MIT', 'MIT'],
    ['mit', 'MIT'],
    ['GPL-2.0', 'GPL-2.0-only'],
    ['GPL-2.0+', 'GPL-2.0-or-later'],
    ['GPL-2.0-with-classpath-exception', 'GPL-2.0-only WITH Classpath-exception-2.0'],
    ['GPL-3.0-or-later WITH GCC-exception-3.1', 'GPL-3.0-or-later WITH GCC-exception-3.1'],
    ['Apache-2.0 WITH LLVM-exception', 'Apache-2.0 WITH LLVM-exception'],
    ['Apache-2.0+', 'Apache-2.0+'],
    ['(MIT OR CC0-1.0)', 'MIT OR CC0-1.0'],
    ['(MIT AND (GPL-2.0 OR BSD-2-Clause))', 'MIT AND (GPL-2.0-only OR BSD-2-Clause)'],
    ['MIT AND MIT', 'MIT'],
    ['LicenseRef-Foo AND MIT', 'LicenseRef-Foo AND MIT'],
    // names in use
    ['Apache 2', 'Apache-2.0'],
    ['Apache', 'Apache-2.0'],
    ['ASL 2.0', 'Apache-2.0'],
    ['Apache License, Version 2.0', 'Apache-2.0'],
    ['The Apache Software License, Version 2.0', 'Apache-2.0'],
    ['Apache License 2.0 (Apache-2.0)', 'Apache-2.0'],
    ['BSD', 'BSD-3-Clause'],
    ['New BSD License', 'BSD-3-Clause'],
    ['3-Clause BSD License', 'BSD-3-Clause'],
    ['Simplified BSD', 'BSD-2-Clause'],
    ['MIT License', 'MIT'],
    ['The MIT License (MIT)', 'MIT'],
    ['MIT/X11', 'MIT'],
    ['GNU General Public License v2 or later (GPLv2+)', 'GPL-2.0-or-later'],
    ['GNU Lesser General Public License v3 (LGPLv3)', 'LGPL-3.0-only'],
    ['GNU LESSER GENERAL PUBLIC LICENSE, Version 2.1', 'LGPL-2.1-only'],
    ['GNU Library or Lesser General Public License (LGPL)', 'LGPL-2.0-or-later'],
    ['GNU Affero General Public License v3', 'AGPL-3.0-only'],
    ['GPL (>= 2)', 'GPL-2.0-or-later'],
    ['GPL', 'GPL-1.0-or-later'],
    ['Mozilla Public License 2.0 (MPL 2.0)', 'MPL-2.0'],
    ['Eclipse Public License - v 1.0', 'EPL-1.0'],
    ['Common Development and Distribution License (CDDL) v1.0', 'CDDL-1.0'],
    ['Historical Permission Notice and Disclaimer (HPND)', 'HPND'],
    ['Creative Commons Attribution-ShareAlike 4.0 International', 'CC-BY-SA-4.0'],
    ['CC0 1.0 Universal', 'CC0-1.0'],
    ['Public Domain', 'public-domain'],
    ['Universal Permissive License v 1.0', 'UPL-1.0'],
    ['Permissive', 'Permissive'],
    ['GPL-2 with Linux-syscall-note exception', 'GPL-2.0-only WITH Linux-syscall-note'],
    ['Boost Software License 1.0', 'BSL-1.0'],
    // classifiers of Python
    ['License :: OSI Approved :: MIT License', 'MIT'],
    ['License :: OSI Approved :: Apache Software License', 'Apache-2.0'],
    ['License :: OSI Approved :: BSD License', 'BSD-3-Clause'],
    ['License :: OSI Approved :: Python Software Foundation License', 'PSF-2.0'],
    ['License :: CC0 1.0 Universal (CC0 1.0) Public Domain Dedication', 'CC0-1.0'],
    // Debian
    ['Expat', 'MIT'],
    ['GPL-2+', 'GPL-2.0-or-later'],
    ['GPL-3+ with autoconf exception', 'GPL-3.0-or-later WITH Autoconf-exception-3.0'],
    ['GFDL-NIV-1.3+', 'GFDL-1.3-no-invariants-or-later'],
    ['LGPL-2.1+ or GPL-2, and BSD-3-clause', '(LGPL-2.1-or-later OR GPL-2.0-only) AND BSD-3-Clause'],
    ['GPL-2+ and/or MIT', 'GPL-2.0-or-later OR MIT'],
    // rpm
    ['GPLv2+ and MIT', 'GPL-2.0-or-later AND MIT'],
    ['GPL+ or Artistic', 'GPL-1.0-or-later OR Artistic-1.0'],
    ['LGPLv2+ and (MIT or BSD)', 'LGPL-2.0-or-later AND (MIT OR BSD-3-Clause)'],
    ['GPLv3+ with exceptions', 'GPL-3.0-or-later WITH exceptions'],
    ['BSD with advertising', 'BSD-4-Clause'],
    // Cargo, Perl, R
    ['MIT/Apache-2.0', 'MIT OR Apache-2.0'],
    ['Unlicense/MIT', 'Unlicense OR MIT'],
    ['perl', 'Artistic-1.0-Perl OR GPL-1.0-or-later'],
    // addresses
    ['http://www.apache.org/licenses/LICENSE-2.0', 'Apache-2.0'],
    ['https://www.apache.org/licenses/LICENSE-2.0.txt', 'Apache-2.0'],
    ['https://opensource.org/licenses/MIT', 'MIT'],
    ['http://opensource.org/licenses/BSD-3-Clause', 'BSD-3-Clause'],
    ['https://spdx.org/licenses/ISC.html', 'ISC'],
    ['http://www.gnu.org/licenses/old-licenses/gpl-2.0.html', 'GPL-2.0-only'],
    ['https://www.mozilla.org/en-US/MPL/2.0/', 'https://www.mozilla.org/en-US/MPL/2.0/'],
    ['https://mozilla.org/MPL/2.0/', 'MPL-2.0'],
    ['http://www.eclipse.org/legal/epl-v10.html', 'EPL-1.0'],
    ['https://creativecommons.org/publicdomain/zero/1.0/', 'CC0-1.0'],
    ['https://creativecommons.org/licenses/by-sa/3.0/', 'CC-BY-SA-3.0'],
    // what is none
    ['UNLICENSED', 'UNLICENSED'],
    ['SEE LICENSE IN LICENSE.md', 'SEE LICENSE IN LICENSE.md'],
    ['Proprietary', 'Proprietary'],
    ['GPL-4', 'GPL-4'],
    ['', ''],
    ['MIT and Foo Public Thing', 'MIT AND Foo-Public-Thing'],
  ])('%s is %s', (text, expected) => {
    expect(normalizeLicense(text)).toBe(expected);
  });

  test('every id of the SPDX list stands for itself or its successor', () => {
    for (const id of SPDX_LICENSE_IDS) {
      const found = findLicense(id);
      if (found !== id) expect(id).toMatch(/^[AL]?GPL-[0-9.]+\+?$|^GFDL-[0-9.]+$/);
      expect(found).toBeDefined();
    }
  });

  test('a licence text is cut to one line', () => {
    const shown = normalizeLicense('Permission is hereby granted,\nfree of charge, '.repeat(1000));
    expect(shown).toHaveLength(100);
    expect(shown).not.toContain('\n');
  });
});

describe('expressions', () => {
  const ids = [...SPDX_LICENSE_IDS].filter((id) => findLicense(id) === id && !id.includes('-with-'));
  const expression = fc.letrec<{ node: string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom(...ids),
      fc
        .tuple(tie('node'), fc.constantFrom('AND', 'OR'), tie('node'))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    ),
  })).node;

  test('what is normal stays as it is, and is an SPDX expression', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const once = normalizeLicense(text);
        if (text.length > 1000) return;
        expect(isSpdxExpression(once)).toBe(true);
        expect(normalizeLicense(once)).toBe(once);
      }),
    );
  });

  test('formatting and parsing are inverse', () => {
    fc.assert(
      fc.property(expression, (text) => {
        const parsed = parseLicenseExpression(text);
        if (text.length > 4096) return;
        expect(parsed && parseLicenseExpression(formatLicenseExpression(parsed))).toEqual(parsed);
      }),
    );
  });

  test('any text is answered, soon', () => {
    const word = fc.constantFrom(
      'MIT',
      'and',
      'or',
      'with',
      '(',
      ')',
      ',',
      '/',
      'GPLv2+',
      '+',
      'later',
      '::',
      'http://',
      ' ',
    );
    fc.assert(fc.property(fc.array(word), (words) => void normalizeLicense(words.join(' '))));
    fc.assert(fc.property(fc.string(), (text) => void normalizeLicense(text)));
  });

  test.each([
    ['(', 100_000],
    ['MIT OR ', 140],
    ['MIT/', 250],
    ['( MIT ', 160],
    ['a ', 500],
    [',', 1000],
    ['+1.0', 250],
  ])('%j many times takes no long time', (text, count) => {
    const started = performance.now();
    normalizeLicense(text.repeat(count));
    parseLicenseExpression(text.repeat(count));
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
