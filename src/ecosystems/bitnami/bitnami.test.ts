import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitnamiComponents } from './bitnami-components.ts';
import { parseSpdx } from './parse-spdx.ts';

const PATH = 'opt/bitnami/postgresql/.spdx-postgresql.spdx';

const parse = (value: unknown): ReturnType<typeof parseSpdx> =>
  parseSpdx(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), PATH);
const item = (purl: string, rest: object = {}): object => ({
  ...{ SPDXID: 'SPDXRef-a', name: 'a', versionInfo: '9', ...rest },
  externalRefs: [
    { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:…' },
    { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl },
  ],
});

describe('components of Bitnami', () => {
  test.each([
    [PATH, true],
    ['opt/bitnami/.spdx-a.spdx', true],
    ['opt/bitnami/a/a.spdx', false],
    ['usr/opt/bitnami/a/.spdx-a.spdx', false],
    ['opt/bitnami/a/.spdx-a.spdx.json', false],
  ])('%s is wanted: %s', (path, wanted) => {
    expect(bitnamiComponents.wants({ path, sizeBytes: 1, mode: 0o644 })).toBe(wanted);
  });

  test('belong to the folder of the component', () => {
    const purl = 'pkg:bitnami/postgresql@15.3.0-1?arch=arm64&distro=debian-11';
    const licenses = { licenseConcluded: 'PostgreSQL', licenseDeclared: 'NOASSERTION' };
    expect(parse({ packages: [item(purl, licenses)] })).toEqual({
      packages: [
        {
          ...{ type: 'bitnami', name: 'postgresql', version: '15.3.0-1', architecture: 'arm64' },
          ...{ licenses: ['PostgreSQL'], application: 'bitnami', paths: ['opt/bitnami/postgresql'] },
        },
      ],
      diagnostics: [],
    });
  });

  test.each([
    ['pkg:golang/github.com/opencontainers/runc@v1.1.0', 'golang', 'github.com/opencontainers/runc'],
    ['pkg:maven/org.apache/log4j@2.0', 'maven', 'org.apache:log4j'],
    ['pkg:npm/%40babel/core@7.0.0', 'npm', '@babel/core'],
    ['pkg:pypi/django@3.2', 'pypi', 'django'],
  ])('%s that they bring with them is a %s package named %s', (purl, type, name) => {
    expect(parse({ packages: [item(purl)] }).packages).toMatchObject([{ type, name }]);
  });

  test.each([
    ['modules/x.jar', 'opt/bitnami/postgresql/modules/x.jar'],
    ['./x.jar', 'opt/bitnami/postgresql/x.jar'],
    ['../../../etc/x.jar', 'opt/bitnami/postgresql'],
  ])('the file %s is %s', (packageFileName, path) => {
    const { packages } = parse({ packages: [item('pkg:maven/a/b@1', { packageFileName })] });
    expect(packages?.[0]?.paths).toEqual([path]);
  });

  test('what has no package URL of a known kind is left out', () => {
    const none = [item('pkg:deb/debian/a@1'), item('none'), { externalRefs: 7 }, 7, null];
    expect(parse({ packages: none }).packages).toEqual([]);
  });

  test.each(['', '{}', 'SPDXVersion: SPDX-2.3', '{"packages":{}}'])('%j is damaged', (text) => {
    expect(parse(text)).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });

  test('any JSON gives an answer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        parse({ packages: value });
        parse({ packages: [item(`pkg:npm/${text}`, { packageFileName: value }), { externalRefs: [value] }] });
      }),
    );
  });
});
