import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DrydockError } from '../../base/errors.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import { enrich } from './enrich.ts';
import { openEnrichment } from './enrichment.ts';
import { parseCsv } from './parse-csv.ts';
import { parseEpss } from './parse-epss.ts';
import { parseKev } from './parse-kev.ts';
import { enrichmentSource } from './source.ts';

const KEV = {
  title: 'CISA Catalog of Known Exploited Vulnerabilities',
  dateReleased: '2026-11-20T15:00:00.000Z',
  count: 3,
  vulnerabilities: [
    {
      cveID: 'CVE-2021-44228',
      dateAdded: '2021-12-10',
      dueDate: '2021-12-24',
      knownRansomwareCampaignUse: 'Known',
    },
    {
      cveID: 'CVE-2025-48384',
      dateAdded: '2025-08-25',
      dueDate: '2025-09-15',
      knownRansomwareCampaignUse: 'Unknown',
    },
    { cveID: 'nonsense', dateAdded: '2025-08-25' },
    7,
  ],
};
const KEV_CSV =
  'cveID,vendorProject,dateAdded,shortDescription,dueDate,knownRansomwareCampaignUse\r\n' +
  'CVE-2021-44228,Apache,2021-12-10,"Log4j, ""JNDI""\r\nand more",2021-12-24,Known\r\n' +
  'CVE-2025-48384,Git,2025-08-25,Links,2025-09-15,Unknown\r\n';
const EPSS =
  '#model_version:v2025.03.14,score_date:2026-11-20T12:55:00Z\ncve,epss,percentile\n' +
  'CVE-2021-44228,0.94358,0.99961\nCVE-1999-0001,1e-05,0.0\nCVE-2020-1000,7,0.5\n';

const EXPLOITED = { addedOn: '2021-12-10', dueOn: '2021-12-24', ransomware: true };
const SCORED = { score: 0.94358, percentile: 0.99961, date: '2026-11-20' };
const signal = new AbortController().signal;

describe('the catalogue of exploited vulnerabilities', () => {
  test.each([
    ['JSON', JSON.stringify(KEV), 2],
    ['CSV', KEV_CSV, 0],
    ['CSV with a mark at its beginning', `\uFEFF${KEV_CSV}`, 0],
  ])('is read from %s', (_, text, refused) => {
    const parsed = parseKev(text, 'kev');
    expect(parsed.entries).toEqual([
      ['CVE-2021-44228', EXPLOITED],
      ['CVE-2025-48384', { addedOn: '2025-08-25', dueOn: '2025-09-15' }],
    ]);
    expect(parsed.refused).toBe(refused);
  });
  test.each([
    '',
    '{}',
    '{"vulnerabilities":[]}',
    'a,b\n1,2',
    '<html></html>',
    `{"vulnerabilities":${'['.repeat(99)}`,
  ])('is refused: %s', (text) => expect(() => parseKev(text, 'kev')).toThrow(DrydockError));
  test('no text makes it fail otherwise', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .array(fc.constantFrom('cveID', 'dateAdded', ',', '"', '\n', '\r', 'CVE-2021-44228', '2021-12-10'))
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (content) => {
        for (const parse of [parseKev, (t: string, n: string) => [...parseEpss(t, n).rows]]) {
          try {
            parse(content, 'x');
          } catch (error) {
            expect(error).toBeInstanceOf(DrydockError);
          }
        }
      }),
    );
  });
});

test('values with commas, quotes and line ends come through', () => {
  const value = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ') });
  const rows = fc.array(fc.array(value, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
  fc.assert(
    fc.property(rows, fc.constantFrom('\n', '\r\n'), (written, end) => {
      const text = written
        .map((row) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',') + end)
        .join('');
      expect([...parseCsv(text)]).toEqual(written);
    }),
  );
});

test('scores are read with their date; rows that are none come as such', () => {
  const { rows, scoredAt } = parseEpss(EPSS, 'epss');
  expect(scoredAt).toBe('2026-11-20T12:55:00Z');
  expect([...rows]).toEqual([
    ['CVE-2021-44228', SCORED],
    ['CVE-1999-0001', { score: 0.00001, percentile: 0, date: '2026-11-20' }],
    undefined,
  ]);
  expect([...parseEpss('cve,epss,percentile\r\nCVE-1999-0001,0.5,0.5\r\n', 'epss').rows]).toEqual([
    ['CVE-1999-0001', { score: 0.5, percentile: 0.5 }],
  ]);
});

const finding = (id: string, vendorIds: string[] = []): VulnerabilityFinding => ({
  kind: 'vulnerability',
  id,
  package: { type: 'npm', name: 'x', version: '1', licenses: [], paths: [] },
  installedVersion: '1',
  status: 'affected',
  severity: 'LOW',
  vendorIds,
  vulnerability: { id, severityBySource: {}, cvssBySource: {}, cwes: [], references: [] },
});

describe('what is known beside advisories', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'drydock-enrichment-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(root, name), content);
    return join(root, name);
  };
  const sourceOf = (inputs: { kev?: string; epss?: string }) =>
    enrichmentSource({
      root: join(root, 'cache'),
      transport: () => Promise.reject(new Error('the network was asked')),
      ...inputs,
    });

  test('is kept in the cache and looked up', async () => {
    const source = sourceOf({
      kev: put('kev.json', JSON.stringify(KEV)),
      epss: put('epss.csv.gz', gzipSync(EPSS)),
    });
    await expect(source.open()).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
    await source.update({ signal });
    await source.update({ signal });
    using enrichment = await source.open();
    expect(enrichment.exploited('CVE-2021-44228')).toEqual(EXPLOITED);
    expect(enrichment.epss('CVE-2021-44228')).toEqual(SCORED);
    expect(enrichment.exploited('CVE-1999-0001')).toBeUndefined();
    expect(enrichment.epss('CVE-2020-1000')).toBeUndefined();
    expect(enrichment.version).toMatchObject({ source: 'kev+epss', builtAt: '2026-11-20T12:55:00.000Z' });
    expect(await source.status()).toMatchObject([
      { part: 'kev', entries: 2 },
      { part: 'epss', entries: 2 },
    ]);
    using onlyKev = await openEnrichment(join(root, 'cache'), ['kev']);
    expect(onlyKev.epss('CVE-2021-44228')).toBeUndefined();
    expect(onlyKev.version.source).toBe('kev');
  });

  test('another input is read at once, and a bad one leaves what is here', async () => {
    await sourceOf({ kev: put('a.json', JSON.stringify(KEV)) }).update({ signal });
    const other = sourceOf({ kev: put('b.csv', KEV_CSV.replace('2025-48384', '2025-99999')) });
    await other.update({ signal });
    const bad = sourceOf({ kev: put('c.csv', gzipSync(KEV_CSV).subarray(0, 60)) });
    await expect(bad.update({ signal })).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
    const absent = sourceOf({ kev: join(root, 'absent') });
    await expect(absent.update({ signal })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    using enrichment = await other.open();
    expect(enrichment.exploited('CVE-2025-99999')).toBeDefined();
    expect(enrichment.exploited('CVE-2025-48384')).toBeUndefined();
  });

  test('is told of findings, by the worst of what they stand for', () => {
    const known = {
      exploited: (id: string) => (id === 'CVE-2021-44228' ? { addedOn: '2021-12-10' } : undefined),
      epss: (id: string) =>
        id.endsWith('8') ? { score: 0.9, percentile: 1 } : { score: 0.1, percentile: 0 },
    };
    const [one, two, other] = [
      finding('CVE-2021-44228'),
      finding('RUSTSEC-1', ['CVE-1-1', 'CVE-2021-44228']),
      finding('GHSA-8'),
    ];
    const told = enrich([one, two, other], known);
    expect(told[0]).toEqual({
      ...one,
      exploited: { addedOn: '2021-12-10' },
      epss: { score: 0.9, percentile: 1 },
    });
    expect(told[1]).toEqual({
      ...two,
      exploited: { addedOn: '2021-12-10' },
      epss: { score: 0.9, percentile: 1 },
    });
    expect(told[2]).toBe(other);
  });
});
