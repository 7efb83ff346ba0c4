import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256Of } from '../base/digest.ts';
import type { Package } from '../model/package.ts';
import type { Report, ScanKey } from '../model/report.ts';
import { compactReport, expandReport } from './compact-report.ts';
import { decode, encode } from './encode.ts';
import { openMemoryStore } from './memory.ts';
import { openReports } from './reports.ts';

const digest = sha256Of('x');
const pkg = (name: string): Package => ({ type: 'deb', name, version: '1', licenses: [], paths: [] });
const [a, b, stray] = [pkg('a'), pkg('b'), pkg('stray')];
const vulnerability = { id: 'CVE-1', severityBySource: {}, cvssBySource: {}, cwes: [], references: [] };
const found = {
  kind: 'vulnerability' as const,
  id: 'CVE-1',
  installedVersion: '1',
  status: 'affected' as const,
};
const told = { ...found, severity: 'LOW' as const, vendorIds: [], vulnerability };
const license = {
  kind: 'license' as const,
  name: 'MIT',
  category: 'notice' as const,
  severity: 'LOW' as const,
};
const report: Report = {
  schema: 1,
  image: {
    name: 'x',
    kind: 'image',
    digest,
    configDigest: digest,
    platform: { os: 'linux', architecture: 'amd64' },
    config: { architecture: '', os: '', config: {}, rootfs: { type: 'layers', diff_ids: [] }, history: [] },
    layers: [],
    repoTags: [],
    repoDigests: [],
  },
  scannedAt: '2026-11-21T00:00:00Z',
  engine: 'test',
  advisoryDbs: [],
  layerSizes: {},
  packages: [a, b],
  findings: [
    { ...told, package: b },
    { ...told, package: a },
    { ...told, package: stray, vulnerability: { ...vulnerability, title: 't' } },
    { ...license, package: a, confidence: 1 },
    { ...license, path: 'COPYING', confidence: 1 },
  ],
  diagnostics: [],
};
const key: ScanKey = { image: digest, analyzers: 'a', advisoryDbs: 'd', options: '', engine: 'e' };

describe('a stored report', () => {
  test('is what it was', async () => {
    const reports = openReports(openMemoryStore());
    await reports.remember(key, report);
    expect(await reports.find(key)).toEqual(report);
    expect(JSON.stringify(await reports.find(key))).toBe(JSON.stringify(report));
    const bytes = (await encode(compactReport(report))) ?? new Uint8Array();
    expect(expandReport(await decode(bytes))).toEqual(report);
  });

  test('has each vulnerability and package once, and shares them when it is read', () => {
    const compact = compactReport(report);
    expect(compact.vulnerabilities).toHaveLength(2);
    expect(compact.others).toEqual([stray]);
    const findings = expandReport(structuredClone(compact))?.findings ?? [];
    const shared = findings.flatMap((finding) =>
      finding.kind === 'vulnerability' ? finding.vulnerability : [],
    );
    expect(shared[0]).toBe(shared[1]);
  });

  test('anything else is none', () => {
    expect(expandReport({ ...compactReport(report), vulnerabilities: [] })).toBeUndefined();
    expect(expandReport({ ...compactReport(report), packages: [], others: [] })).toBeUndefined();
    expect(expandReport(report)).toBeUndefined();
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expandReport(value);
        expandReport({ schema: 1, others: [], vulnerabilities: [], packages: [], findings: value });
      }),
    );
  });
});
