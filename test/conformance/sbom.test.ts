import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Package } from '../../src/model/package.ts';
import type { Report } from '../../src/model/report.ts';
import { cyclonedxFormat } from '../../src/reports/cyclonedx/cyclonedx.ts';
import type { ReportFormat } from '../../src/reports/format.ts';
import { spdxJsonFormat } from '../../src/reports/spdx/spdx-json.ts';
import { spdxFormat } from '../../src/reports/spdx/spdx.ts';
import { looksLikeSbom, readSbom } from '../../src/sbom/read-sbom.ts';
import { anyReport } from '../fixtures/any-report.ts';
import { sampleReport } from '../fixtures/sample-report.ts';
import { sbomValidators } from '../fixtures/sbom-schemas.ts';

const told = (report: Report, format: ReportFormat, parameters: Record<string, string>): string =>
  [...format.encode(report, parameters)].join('');

const SPELLINGS: readonly (readonly [string, ReportFormat, Record<string, string>])[] = [
  ...['1.4', '1.5', '1.6', '1.7'].flatMap((specVersion) => [
    [`cyclonedx-${specVersion}`, cyclonedxFormat, { specVersion }] as const,
    [`cyclonedx-${specVersion}`, cyclonedxFormat, { specVersion, vulnerabilities: 'false' }] as const,
  ]),
  ['spdx-2.3', spdxJsonFormat, {}],
  ['spdx-2.3', spdxJsonFormat, { vulnerabilities: 'false' }],
];

describe.each(SPELLINGS)('%s %s %j', (schema, format, parameters) => {
  const validate = sbomValidators().get(schema);

  function expectValid(report: Report): void {
    const isValid = validate?.(JSON.parse(told(report, format, parameters)));
    expect(validate?.errors ?? []).toEqual([]);
    expect(isValid).toBe(true);
  }

  test('holds to the official schema', () => {
    expectValid(sampleReport());
    fc.assert(fc.property(anyReport, expectValid), { numRuns: 30 });
  });
});

/** As a reader can know it: licences in one expression, needs that are met within the report. */
function comparable(packages: readonly Package[]): unknown[] {
  const names = new Set(packages.flatMap(({ name, application }) => (application ? [] : [name])));
  return packages
    .map(({ licenses, dependsOn, ...pkg }) => ({
      ...pkg,
      licenses: licenses.join(' AND ').replace(/[()]/g, ''),
      dependsOn: [...new Set(dependsOn?.filter((name) => names.has(name) && name !== pkg.name) ?? [])].sort(),
    }))
    .map((pkg) => JSON.stringify(pkg, Object.keys(pkg).sort()))
    .sort();
}

describe.each([...SPELLINGS, ['spdx tags', spdxFormat, {}] as const])('%s %s %j', (_, format, parameters) => {
  test('is read back as it was', () => {
    fc.assert(
      fc.property(anyReport, (report) => {
        const text = Buffer.from(told(report, format, parameters));
        const { image, inventory } = readSbom(text, 'x');
        expect(looksLikeSbom(text.subarray(0, 4096))).toBe(true);
        expect(inventory.diagnostics).toEqual([]);
        expect(inventory.os).toEqual(report.os);
        expect(comparable(inventory.packages)).toEqual(comparable(report.packages));
        if (report.image.kind === 'image') expect(image.configDigest).toBe(report.image.configDigest);
      }),
      { numRuns: 40 },
    );
  });

  test('the same report gives the same document', () => {
    const report = sampleReport();
    expect(told(report, format, parameters)).toBe(told(structuredClone(report), format, parameters));
    const other = { ...report, advisoryDbs: [] };
    expect(told(other, format, parameters)).not.toBe(told(report, format, parameters));
  });
});
