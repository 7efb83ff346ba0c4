import { describe, expect, test } from 'vitest';
import { tagValues } from '../../codec/sbom/tag-values.ts';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { Report } from '../../model/report.ts';
import { spdxJsonFormat } from './spdx-json.ts';
import { spdxFormat } from './spdx.ts';

const tags = (report: Report): string => [...spdxFormat.encode(report, {})].join('');
const json = (report: Report): unknown => JSON.parse([...spdxJsonFormat.encode(report, {})].join(''));

describe('SPDX', () => {
  test('names packages by the prefixes that readers go by', () => {
    const { packages } = json(sampleReport()) as { packages: { SPDXID: string; name: string }[] };
    expect(packages.map(({ SPDXID, name }) => `${SPDXID.replace(/-[0-9a-f]{32}$/, '')} ${name}`)).toEqual([
      'SPDXRef-ContainerImage example.org/app:1',
      'SPDXRef-OperatingSystem debian',
      'SPDXRef-Package libssl3',
      'SPDXRef-Package openssl',
    ]);
    expect(packages[2]).toMatchObject({
      versionInfo: '1:3.0.1-1+deb12u1',
      sourceInfo: 'built package from: openssl 3.0.1-1+deb12u1',
      supplier: 'Organization: Somebody <a&b@example.org>',
    });
  });

  test('defines licences that are on no list', () => {
    const [first, ...others] = sampleReport().packages;
    if (!first) throw new Error('the sample has packages');
    const licenses = ['MIT', 'Beer', 'ISC OR MIT'];
    const document = json({ ...sampleReport(), packages: [{ ...first, licenses }, ...others] });
    const [own] = (document as { hasExtractedLicensingInfos: { licenseId: string }[] })
      .hasExtractedLicensingInfos;
    expect(own).toMatchObject({ name: 'Beer' });
    expect(JSON.stringify(document)).toContain(
      `"licenseDeclared":"MIT AND ${own?.licenseId} AND (ISC OR MIT)"`,
    );
  });

  test('no text of a package makes a line of its own', () => {
    const [first] = sampleReport().packages;
    if (!first) throw new Error('the sample has packages');
    const evil = 'x</text>\nPackageName: y\r\nExternalRef: z';
    const packages = [{ ...first, name: evil, maintainer: evil, source: { name: evil, version: '1' } }];
    const lines = tags({
      ...sampleReport(),
      os: { family: 'debian', version: '12', prettyName: evil },
      packages,
    });
    const outside = lines.replace(/<text>[^]*?<\/text>/g, '');
    expect(outside.match(/^PackageName: /gm)).toHaveLength(3);
    expect(outside).not.toContain('PackageName: y\n');
    expect(outside.match(/^ExternalRef: z/gm)).toBeNull();
  });

  test('no name opens a text that swallows the packages behind it, and none steers a terminal', () => {
    const { packages } = sampleReport();
    const evil = packages.map((pkg) => ({ ...pkg, name: `\n<text>${pkg.name}\u001b[2J\u009b` }));
    const text = tags({ ...sampleReport(), packages: evil });
    const names = [...tagValues(text)].filter(({ tag }) => tag === 'PackageName');
    expect(names).toHaveLength(
      [...tagValues(tags(sampleReport()))].filter(({ tag }) => tag === 'PackageName').length,
    );
    expect(text).not.toMatch(/[\u001b\u009b]/);
  });
});
