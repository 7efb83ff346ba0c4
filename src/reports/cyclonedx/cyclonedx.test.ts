import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { cyclonedxFormat } from './cyclonedx.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly group?: string;
  readonly purl?: string;
  readonly properties: readonly { readonly name: string; readonly value: string }[];
  readonly [member: string]: unknown;
}

interface Bom {
  readonly metadata: { readonly component: Component; readonly tools: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
  readonly vulnerabilities?: readonly Record<string, unknown>[];
  readonly [member: string]: unknown;
}

const told = (report: Report, parameters: Record<string, string> = {}): Bom =>
  JSON.parse([...cyclonedxFormat.encode(report, parameters)].join('')) as Bom;

const npm = (name: string, path: string, more: Partial<Package> = {}): Package => ({
  type: 'npm',
  name,
  version: '1.0.0',
  licenses: [],
  application: 'npm',
  paths: [path],
  ...more,
});

describe('the bill of materials', () => {
  test('has the newest version unless told otherwise', () => {
    expect(told(sampleReport())).toMatchObject({ specVersion: '1.7' });
    expect(told(sampleReport(), { specVersion: '1.4' })).toMatchObject({ specVersion: '1.4' });
    expect(told(sampleReport(), { specVersion: '9' })).toMatchObject({ specVersion: '1.7' });
  });

  test('knows image, operating system and packages as Trivy does', () => {
    const { metadata, components } = told(sampleReport());
    expect(metadata.component).toMatchObject({ type: 'container', name: 'example.org/app:1' });
    expect(metadata.component.purl).toMatch(
      /^pkg:oci\/app@sha256:[0-9a-f]{64}\?arch=amd64&repository_url=example.org%2Fapp$/,
    );
    expect(components.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'operating-system debian',
      'library libssl3',
      'library openssl',
    ]);
    const names = components[1]?.properties.map(({ name }) => name.replace('aquasecurity:trivy:', ''));
    expect(names).toEqual([
      'PkgID',
      'PkgType',
      'SrcName',
      'SrcVersion',
      'SrcRelease',
      'LayerDigest',
      'LayerDiffID',
    ]);
    expect(components[1]).toMatchObject({
      'bom-ref': 'pkg:deb/debian/libssl3@3.0.1-1%2Bdeb12u1?arch=amd64&distro=debian-12.4&epoch=1',
      version: '1:3.0.1-1+deb12u1',
      evidence: { occurrences: [{ location: 'var/lib/dpkg/status' }] },
    });
  });

  test('has every reference it names, and each once', () => {
    const { metadata, components, dependencies } = told(sampleReport());
    const refs = [metadata.component, ...components].map((component) => component['bom-ref']);
    expect(new Set(refs).size).toBe(refs.length);
    expect(dependencies.map(({ ref }) => ref)).toEqual(refs);
    for (const { dependsOn } of dependencies) for (const ref of dependsOn) expect(refs).toContain(ref);
  });

  test('an application holds what it asked for, and that what it needs', () => {
    const packages = [
      npm('app', 'a/package-lock.json', { relationship: 'root', dependsOn: ['b@1.0.0'] }),
      npm('b', 'a/package-lock.json', { relationship: 'indirect', dependsOn: ['c@1.0.0'] }),
      npm('c', 'a/package-lock.json', {
        relationship: 'indirect',
        development: true,
        dependsOn: ['b@1.0.0'],
      }),
      npm('lost', 'a/package-lock.json', { relationship: 'indirect' }),
      npm('b', 'z/package-lock.json'),
    ];
    const { components, dependencies } = told({ ...sampleReport(), packages, findings: [] });
    const nameOf = new Map(components.map((one) => [one['bom-ref'], one.name]));
    const needs = dependencies.map(({ ref, dependsOn }) => [
      nameOf.get(ref),
      dependsOn.map((to) => nameOf.get(to)).sort(),
    ]);
    expect(needs).toContainEqual(['a/package-lock.json', ['app', 'lost']]);
    expect(needs).toContainEqual(['app', ['b']]);
    expect(needs).toContainEqual(['c', ['b']]);
    expect(components.filter(({ name }) => name === 'b').map((one) => one['bom-ref'])).not.toContain(
      'pkg:npm/b@1.0.0', // two files have it, so that the URL names none of them
    );
    expect(components.find(({ name }) => name === 'c')).toMatchObject({ scope: 'excluded' });
  });

  test('licences are ids, one expression, or names', () => {
    const licensesOf = (licenses: string[]) =>
      told({ ...sampleReport(), packages: [npm('a', 'x', { licenses })] }).components.at(-1)?.['licenses'];
    expect(licensesOf(['MIT'])).toEqual([{ license: { id: 'MIT' } }]);
    expect(licensesOf(['MIT OR ISC'])).toEqual([{ expression: 'MIT OR ISC' }]);
    expect(licensesOf(['MIT', 'MIT OR Beer'])).toEqual([
      { license: { id: 'MIT' } },
      { license: { name: 'MIT OR Beer' } },
    ]);
    expect(licensesOf([])).toBeUndefined();
  });
});

describe('vulnerabilities', () => {
  test('are told once for all packages, the chosen rating first', () => {
    const { vulnerabilities } = told(sampleReport());
    expect(vulnerabilities?.map(({ id }) => id)).toEqual(['CVE-2026-0001', 'CVE-2026-0002', 'CVE-2026-0003']);
    expect(vulnerabilities?.[0]).toMatchObject({
      source: { name: 'debian', url: 'https://example.org' },
      ratings: [
        { source: { name: 'debian' }, severity: 'critical' },
        { source: { name: 'nvd' }, severity: 'high', score: 9.8, method: 'CVSSv31', vector: 'CVSS:3.1/AV:N' },
      ],
      cwes: [120],
      advisories: [{ url: 'https://example.org/CVE-2026-0001' }, { url: 'https://example.org/a?b&c' }],
      published: '2026-01-01T00:00:00.000Z',
      recommendation:
        'Upgrade libssl3 to version 1:3.0.1-1+deb12u2; Upgrade openssl to version 3.0.1-1+deb12u2',
      analysis: { response: ['update'] },
      affects: [
        { versions: [{ version: '1:3.0.1-1+deb12u1', status: 'affected' }] },
        { versions: [{ version: '3.0.1-1+deb12u1', status: 'affected' }] },
      ],
    });
  });

  test('are left out when asked', () => {
    expect(told(sampleReport(), { vulnerabilities: 'false' })).not.toHaveProperty('vulnerabilities');
  });
});
