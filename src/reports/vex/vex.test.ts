import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { cyclonedxFormat } from '../cyclonedx/cyclonedx.ts';
import { selectFindings } from '../select.ts';
import { readVex } from './read-vex.ts';

const read = (value: unknown) => readVex(Buffer.from(JSON.stringify(value)), 'doc.json');

const everything = {
  severities: ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'],
  ignoreUnfixed: false,
  ignoreStatuses: [],
  pkgTypes: ['os', 'library'],
  ignoreRules: [],
  now: new Date('2026-06-01T00:00:00Z'),
} as const;

/** Ids and statuses of what the documents put an end to, by package. */
function settled(documents: readonly unknown[], report: Report = sampleReport()): string[] {
  const vex = documents.flatMap(read);
  const { suppressed = [] } = selectFindings(report, { ...everything, vex });
  return suppressed.map(({ finding, status }) =>
    finding.kind === 'vulnerability' ? `${finding.package.name} ${finding.id} ${status}` : '',
  );
}

const [first] = sampleReport().findings;
const id = first?.id ?? '';
const name = first?.package.name ?? '';
const { digest } = sampleReport().image;

const openvex = (statement: object, more: object = {}) => ({
  '@context': 'https://openvex.dev/ns/v0.2.0',
  timestamp: '2026-01-01T00:00:00Z',
  ...more,
  statements: [{ vulnerability: { name: id }, status: 'not_affected', ...statement }],
});
const product = (purl: string, ...parts: string[]) => ({
  '@id': purl,
  subcomponents: parts.map((part) => ({ '@id': part })),
});

const libraryOf = (named: Pick<Package, 'type' | 'name'>): Package => ({
  ...named,
  version: '1',
  application: 'sbom',
  licenses: [],
  paths: [],
});
function ofLibrary(named: Pick<Package, 'type' | 'name'>): Report {
  const pkg = libraryOf(named);
  const findings = sampleReport()
    .findings.slice(0, 1)
    .map((finding) => ({ ...finding, package: pkg }));
  return { ...sampleReport(), packages: [pkg], findings };
}

describe('OpenVEX', () => {
  const pkg = `pkg:deb/debian/${name}`;
  test.each([
    ['the package itself', [product(pkg)], true],
    ['another version of it', [product(`${pkg}@0`)], false],
    ['another package', [product('pkg:deb/debian/other')], false],
    ['the image by its digest', [product(`pkg:oci/app@${encodeURIComponent(digest)}`)], true],
    ['another image', [product(`pkg:oci/app@sha256%3A${'0'.repeat(64)}`)], false],
    ['the image by its place', [product('pkg:oci/app?repository_url=example.org/app')], true],
    ['the image in another place', [product('pkg:oci/app?repository_url=example.com/app')], false],
    ['this part of the image', [product('pkg:oci/app', pkg)], true],
    ['another part of the image', [product('pkg:oci/app', 'pkg:deb/debian/other')], false],
    ['the image of this tag', [product('pkg:oci/app?tag=1')], true],
    ['the image of another tag', [product('pkg:oci/app?tag=2')], false],
    ['the image of another architecture', [product('pkg:oci/app?arch=arm64')], false],
    ['a part of the image that no URL names', [product('pkg:oci/app', 'https://example.org/part')], false],
    ['another part of the package', [product(pkg, 'pkg:npm/other')], false],
    ['a path within the package', [product(`${pkg}#lib`)], false],
    ['nothing', [], false],
  ])('speaks of %s', (_, products, isSettled) => {
    const told = settled([openvex({ products })]);
    expect(told.includes(`${name} ${id} not_affected`)).toBe(isSettled);
  });

  test('a later statement replaces an earlier one, in one document and over several', () => {
    const products = [product(pkg)];
    const no = {
      vulnerability: { name: id },
      products,
      status: 'not_affected',
      timestamp: '2026-01-01T00:00:00Z',
    };
    const yes = { ...no, status: 'affected', timestamp: '2026-02-01T00:00:00Z' };
    expect(settled([openvex({}, { statements: [yes, no] })])).toEqual([]);
    expect(settled([{ ...openvex({}), statements: [yes, no] }])).toEqual([]);
    expect(settled([openvex({ products, status: 'affected' }), openvex({ products })])).toHaveLength(1);
    const later = openvex({ products, status: 'affected' }, { timestamp: '2026-02-01T00:00:00Z' });
    expect(settled([later, openvex({ products })])).toEqual([]);
  });

  test('a later statement counts under whatever name it is made', () => {
    const alias = 'GHSA-aaaa-bbbb-cccc';
    const report = sampleReport();
    const findings = report.findings.slice(0, 1).map((finding) => ({ ...finding, vendorIds: [alias] }));
    const products = [product(pkg)];
    const old = openvex({ products, vulnerability: { name: alias } });
    const later = openvex({ products, status: 'affected' }, { timestamp: '2026-02-01T00:00:00Z' });
    expect(settled([old, later], { ...report, findings })).toEqual([]);
  });

  test('what is said of one CVE does not settle an advisory of several', () => {
    const report = sampleReport();
    const findings = report.findings.slice(0, 1).map((finding) => ({
      ...{ ...finding, id: 'GHSA-aaaa-bbbb-cccc', vendorIds: ['CVE-2020-1000', 'CVE-2020-1001'] },
    }));
    const vulnerability = { name: 'CVE-2020-1000' };
    const told = openvex({ products: [product(pkg)], vulnerability });
    expect(settled([told], { ...report, findings })).toEqual([]);
  });

  test.each([
    ['golang', 'github.com/BurntSushi/toml', 'pkg:golang/github.com/BurntSushi/toml'],
    ['pypi', 'Some_Thing', 'pkg:pypi/Some_Thing'],
    ['pypi', 'some-thing', 'pkg:pypi/Some_Thing'],
  ] as const)('a name of %s is the same in any spelling: %s', (type, spelt, purl) => {
    expect(settled([openvex({ products: [product(purl)] })], ofLibrary({ type, name: spelt }))).toHaveLength(
      1,
    );
  });

  test('packages without a place are not parts of an application without one', () => {
    const report = ofLibrary({ type: 'npm', name: 'left-pad' });
    const app = { ...libraryOf({ type: 'npm', name: 'app' }), relationship: 'root' as const };
    const told = [openvex({ products: [product('pkg:npm/app')] })];
    expect(settled(told, { ...report, packages: [...report.packages, app] })).toEqual([]);
    const placed = <T extends object>(value: T) => ({ ...value, paths: ['app/lock'] });
    const findings = report.findings.map((one) =>
      one.kind === 'vulnerability' ? { ...one, package: placed(one.package) } : one,
    );
    expect(settled(told, { ...report, packages: [placed(app)], findings })).toHaveLength(1);
  });

  test('very many products and findings take no long time', () => {
    const report = sampleReport();
    const findings = Array.from({ length: 20_000 }, (_, index) => ({
      ...report.findings[0],
      package: libraryOf({ type: 'npm', name: `p${index}` }),
    })) as Report['findings'];
    const products = Array.from({ length: 100_000 }, (_, index) => product(`pkg:npm/p${index * 2}@1`));
    expect(settled([openvex({ products })], { ...report, findings })).toHaveLength(10_000);
  }, 20_000);

  test('aliases and the words of version 0.0.1 count too', () => {
    expect(
      settled([openvex({ vulnerability: { name: 'X', aliases: [id] }, products: [product(pkg)] })]),
    ).toHaveLength(1);
    expect(settled([openvex({ vulnerability: id, products: [pkg], status: 'fixed' })])).toEqual([
      `${name} ${id} fixed`,
    ]);
  });
});

describe('CSAF', () => {
  const csaf = (status: object) => ({
    document: { csaf_version: '2.0' },
    product_tree: {
      branches: [
        {
          branches: [
            {
              product: { product_id: 'P', product_identification_helper: { purl: `pkg:deb/debian/${name}` } },
            },
            { product: { product_id: 'I', product_identification_helper: { purl: 'pkg:oci/app' } } },
            { product: { product_id: 'N' } },
            { product: { product_id: 'D', product_identification_helper: { cpe: 'cpe:/o:x' } } },
          ],
        },
      ],
      relationships: [
        {
          product_reference: 'P',
          relates_to_product_reference: 'I',
          full_product_name: { product_id: 'P-in-I' },
        },
        {
          product_reference: 'N',
          relates_to_product_reference: 'I',
          full_product_name: { product_id: 'N-in-I' },
        },
        {
          product_reference: 'P',
          relates_to_product_reference: 'D',
          full_product_name: { product_id: 'P-in-D' },
        },
      ],
    },
    vulnerabilities: [{ cve: id, product_status: status }],
  });
  test.each([
    [{ known_not_affected: ['P'] }, 'not_affected'],
    [{ known_not_affected: ['P-in-I'] }, 'not_affected'],
    [{ known_not_affected: ['P-in-D'] }, 'not_affected'],
    [{ fixed: ['P'] }, 'fixed'],
    [{ known_affected: ['P'] }, undefined],
    [{ known_not_affected: ['N-in-I'] }, undefined],
    // The package of one release of a distribution, and that of another.
    [{ known_not_affected: ['P-in-D'], known_affected: ['P'] }, undefined],
    [{ known_not_affected: ['D'] }, undefined],
    [{ known_not_affected: ['none'] }, undefined],
  ])('%j', (status, expected) => {
    expect(settled([csaf(status)])).toEqual(expected ? [`${name} ${id} ${expected}`] : []);
  });
});

describe('CycloneDX', () => {
  const bom = (state: string, ref: string, versions?: object[]) => ({
    bomFormat: 'CycloneDX',
    serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
    components: [{ 'bom-ref': 'c1', purl: `pkg:deb/debian/${name}` }],
    vulnerabilities: [{ id, analysis: { state }, affects: [{ ref, versions }] }],
  });
  test.each([
    ['not_affected', 'c1', 'not_affected'],
    ['resolved', `pkg:deb/debian/${name}`, 'fixed'],
    ['false_positive', `urn:cdx:1/1#pkg%3Adeb%2Fdebian%2F${name}`, 'not_affected'],
    ['exploitable', 'c1', undefined],
    ['not_affected', 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#c1', 'not_affected'],
    ['not_affected', 'urn:cdx:00000000-395b-41f5-a30f-a58921a69b79/1#c1', undefined],
    ['not_affected', 'c2', undefined],
  ])('%s of %s', (state, ref, expected) => {
    expect(settled([bom(state, ref)])).toEqual(expected ? [`${name} ${id} ${expected}`] : []);
  });

  test('a report with vulnerabilities is one, once somebody has judged them', () => {
    const bill = JSON.parse([...cyclonedxFormat.encode(sampleReport(), {})].join('')) as {
      vulnerabilities: { id: string; analysis?: object }[];
    };
    for (const told of bill.vulnerabilities) if (told.id === id) told.analysis = { state: 'not_affected' };
    expect(settled([bill])).toContain(`${name} ${id} not_affected`);
  });

  const installed = '3.0.1-1+deb12u1';
  test.each([
    [[{ version: installed }], true],
    [[{ version: '0' }, { version: installed, status: 'unaffected' }], true],
    [[{ version: installed, status: 'affected' }], true],
    [
      [
        { version: installed, status: 'affected' },
        { version: '0', status: 'unaffected' },
      ],
      false,
    ],
    [[{ version: '0' }], false],
    [[{ range: 'vers:deb/<9' }], false],
  ])('not_affected of the versions %j', (versions, isSettled) => {
    expect(settled([bom('not_affected', 'c1', versions)])).toHaveLength(isSettled ? 1 : 0);
  });
});

test.each([
  ['', /not JSON/],
  ['{}', /neither OpenVEX nor CSAF nor CycloneDX/],
  ['['.repeat(10_000), /nested too deep/],
])('%.20s is refused', (text, message) => {
  expect(() => readVex(Buffer.from(text), 'doc.json')).toThrow(message);
});

test('any other document gives statements or one of our errors', () => {
  const names = [
    '@context',
    'document',
    'bomFormat',
    'statements',
    'vulnerabilities',
    'product_tree',
    'branches',
  ];
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(null, 1, 'https://openvex.dev/ns', 'CycloneDX', '2.0', 'pkg:a/b'),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, 'csaf_version', 'products', 'analysis', 'affects'), tie('any')),
    ),
  })).any;
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (document) => {
      try {
        read(document);
      } catch (error) {
        expect(error).toMatchObject({ code: 'VEX_INVALID' });
      }
    }),
  );
});
