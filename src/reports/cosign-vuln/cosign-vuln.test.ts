import { expect, test } from 'vitest';
import { fullReport } from '../../../test/fixtures/full-report.ts';
import { variedReports } from '../../../test/fixtures/varied-reports.ts';
import { sha256Of } from '../../base/digest.ts';
import type { Report } from '../../model/report.ts';
import { cosignVulnFormat } from './cosign-vuln.ts';

const told = (report: Report): string => [...cosignVulnFormat.encode(report, {})].join('');

test('the predicate names scanner, database and times, and holds the report', () => {
  expect(JSON.parse(told(fullReport()))).toMatchObject({
    invocation: { parameters: null, uri: '', event_id: '', 'builder.id': '' },
    scanner: {
      ...{ uri: 'pkg:generic/drydock@0.0.0', version: '0.0.0' },
      db: { uri: `trivy-db@${sha256Of('db')}`, version: '2026-05-31T06:00:00Z' },
      result: { SchemaVersion: 2, ArtifactName: 'example.org/app:1' },
    },
    metadata: { scanStartedOn: '2026-06-01T00:00:00.000Z', scanFinishedOn: '2026-06-01T00:00:00.000Z' },
  });
});

test.each(variedReports())('%s is the same bytes each time', (_name, report) => {
  expect(told(report)).toBe(told(report));
  expect(typeof JSON.parse(told(report))).toBe('object');
});
