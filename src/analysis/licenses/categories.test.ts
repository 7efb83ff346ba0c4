import { describe, expect, test } from 'vitest';
import type { Package } from '../../model/package.ts';
import { categorize } from './categories.ts';
import { fileLicenseFindings, packageLicenseFindings } from './license-findings.ts';

describe('categories of licences', () => {
  test.each([
    ['AGPL-3.0-or-later', 'forbidden', 'CRITICAL'],
    ['WTFPL', 'forbidden', 'CRITICAL'],
    ['CC-BY-NC-SA-4.0', 'forbidden', 'CRITICAL'],
    ['GPLv2+', 'restricted', 'HIGH'],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'restricted', 'HIGH'],
    ['LGPL', 'restricted', 'HIGH'],
    ['MPL-2.0', 'reciprocal', 'MEDIUM'],
    ['MIT', 'notice', 'LOW'],
    ['BSD', 'notice', 'LOW'],
    ['0BSD', 'unencumbered', 'LOW'],
    ['Public Domain', 'unencumbered', 'LOW'],
    ['Proprietary', 'unknown', 'UNKNOWN'],
    ['', 'unknown', 'UNKNOWN'],
    // the best of a choice, the worst of those that all apply
    ['MIT OR GPL-3.0-only', 'notice', 'LOW'],
    ['MIT AND GPL-3.0-only', 'restricted', 'HIGH'],
    ['(MIT AND MPL-2.0) OR AGPL-3.0-only', 'reciprocal', 'MEDIUM'],
    ['MIT AND (GPL-2.0-only OR BSD-2-Clause)', 'notice', 'LOW'],
    ['GPL-2.0-only OR Foo', 'restricted', 'HIGH'],
    ['MIT AND Foo', 'notice', 'LOW'],
  ])('%s is %s', (license, category, severity) => {
    expect(categorize(license)).toEqual({ category, severity });
  });

  test('are what the user says, of whom a category replaces the default', () => {
    const own = { forbidden: ['GPL-3.0', 'Proprietary'], permissive: ['Apache 2'], restricted: [] };
    expect(categorize('GPL-3.0-or-later', own).category).toBe('forbidden');
    expect(categorize('proprietary', own).category).toBe('forbidden');
    expect(categorize('AGPL-3.0-only', own).category).toBe('unknown');
    expect(categorize('GPL-2.0-only', own).category).toBe('unknown');
    expect(categorize('Apache-2.0', { ...own, notice: [] })).toEqual({
      category: 'permissive',
      severity: 'LOW',
    });
  });

  test('an exception counts where a category names it', () => {
    const own = { notice: ['GPL-2.0-only WITH Classpath-exception-2.0'] };
    expect(categorize('GPLv2 with classpath exception', own).category).toBe('notice');
    expect(categorize('GPL-2.0-only', own).category).toBe('restricted');
  });
});

describe('findings', () => {
  const pkg: Package = {
    type: 'npm',
    name: 'a',
    version: '1',
    licenses: ['MIT', 'The MIT License', 'GPLv3 with GCC exception', 'Own thing', 'MIT OR Apache-2.0'],
    paths: [],
  };

  test('there is one for each licence of a package, with a link where SPDX has one', () => {
    const found = packageLicenseFindings([pkg, { ...pkg, licenses: [] }]);
    expect(found.map(({ name, severity, link, confidence }) => [name, severity, confidence, link])).toEqual([
      ['MIT', 'LOW', 1, 'https://spdx.org/licenses/MIT.html'],
      ['GPL-3.0-only WITH GCC-exception-3.1', 'HIGH', 1, 'https://spdx.org/licenses/GPL-3.0-only.html'],
      ['Own thing', 'UNKNOWN', 1, undefined],
      ['MIT OR Apache-2.0', 'LOW', 1, undefined],
    ]);
    expect(found[0]?.package).toBe(pkg);
  });

  test('a file has its path and the confidence', () => {
    const [found] = fileLicenseFindings([{ path: 'app/COPYING', name: 'AGPL-3.0', confidence: 0.98 }]);
    expect(found).toMatchObject({
      path: 'app/COPYING',
      name: 'AGPL-3.0-only',
      confidence: 0.98,
      severity: 'CRITICAL',
    });
    expect(found).not.toHaveProperty('package');
  });
});
