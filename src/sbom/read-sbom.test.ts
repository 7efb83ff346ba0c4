import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DrydockError } from '../base/errors.ts';
import type { Package } from '../model/package.ts';
import { looksLikeSbom, readSbom } from './read-sbom.ts';

const bytes = (document: unknown): Buffer =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
const read = (document: unknown) => readSbom(bytes(document), 'sbom.json');
const packagesOf = (document: unknown): readonly Package[] => read(document).inventory.packages;

const library = (purl: string, more: object = {}) => ({ type: 'library', name: 'x', purl, ...more });
const cycloneDx = (components: readonly unknown[], more: object = {}) => ({
  bomFormat: 'CycloneDX',
  specVersion: '1.5',
  components,
  ...more,
});
const property = (name: string, value: string) => ({ name, value });

const spdxPackage = (id: string, purl: string | undefined, more: object = {}) => ({
  SPDXID: `SPDXRef-${id}`,
  name: id,
  downloadLocation: 'NOASSERTION',
  ...(purl && {
    externalRefs: [
      { referenceCategory: 'SECURITY', referenceType: 'cpe23Type', referenceLocator: 'cpe:2.3:a:*' },
      { referenceCategory: 'PACKAGE_MANAGER', referenceType: 'purl', referenceLocator: purl },
    ],
  }),
  ...more,
});
const spdx = (packages: readonly unknown[], more: object = {}) => ({
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app',
  packages,
  ...more,
});

describe('what Syft writes', () => {
  const distro = 'distro=debian-12';

  test('in CycloneDX', () => {
    const { inventory } = read(
      cycloneDx([
        library(`pkg:deb/debian/libssl3@3.0.11-1~deb12u2?arch=amd64&upstream=openssl&${distro}`, {
          name: 'libssl3',
          publisher: 'Debian OpenSSL Team',
          licenses: [{ license: { id: 'Apache-2.0' } }, { license: { name: 'Artistic' } }],
          properties: [
            property('syft:package:type', 'deb'),
            property('syft:location:0:path', '/var/lib/dpkg/status'),
            property('syft:location:0:layerID', 'sha256:1'),
          ],
        }),
        library('pkg:npm/%40babel/core@7.0.0', {
          group: '@babel',
          name: 'core',
          properties: [property('syft:location:0:path', '/app/package-lock.json')],
        }),
        {
          type: 'operating-system',
          name: 'debian',
          version: '12',
          description: 'Debian GNU/Linux 12 (bookworm)',
          properties: [property('syft:distro:id', 'debian'), property('syft:distro:versionID', '12')],
        },
        { type: 'file', name: '/etc/passwd' },
      ]),
    );
    expect(inventory.os).toEqual({
      family: 'debian',
      version: '12',
      prettyName: 'Debian GNU/Linux 12 (bookworm)',
    });
    expect(inventory.diagnostics).toEqual([]);
    expect(inventory.packages).toEqual([
      {
        type: 'deb',
        name: 'libssl3',
        version: '3.0.11-1~deb12u2',
        architecture: 'amd64',
        source: { name: 'openssl', version: '3.0.11-1~deb12u2' },
        licenses: ['Apache-2.0', 'Artistic'],
        maintainer: 'Debian OpenSSL Team',
        paths: ['var/lib/dpkg/status'],
      },
      {
        type: 'npm',
        name: '@babel/core',
        version: '7.0.0',
        licenses: [],
        application: 'npm',
        paths: ['app/package-lock.json'],
      },
    ]);
  });

  test('in SPDX, where only package URLs name the distribution', () => {
    const { inventory } = read(
      spdx([
        spdxPackage(
          'Package-rpm-bash',
          'pkg:rpm/redhat/bash@5.1.8-6.el9?arch=x86_64&epoch=0&upstream=bash-5.1.8-6.el9.src.rpm&distro=rhel-9.2',
          {
            name: 'bash',
            licenseDeclared: 'GPL-3.0-or-later',
            sourceInfo: 'acquired package info from RPM DB: /var/lib/rpm/rpmdb.sqlite',
          },
        ),
        spdxPackage('Package-go', 'pkg:golang/github.com/a/b@v1.2.3', {
          name: 'github.com/a/B',
          sourceInfo: 'acquired package info from go module information: /usr/bin/b',
        }),
      ]),
    );
    expect(inventory.os).toEqual({ family: 'redhat', version: '9.2' });
    expect(inventory.packages).toMatchObject([
      {
        name: 'bash',
        source: { name: 'bash', version: '5.1.8-6.el9' },
        licenses: ['GPL-3.0-or-later'],
        paths: ['var/lib/rpm/rpmdb.sqlite'],
      },
      { name: 'github.com/a/B', application: 'gobinary', paths: ['usr/bin/b'] },
    ]);
  });
});

describe('what Trivy writes', () => {
  const trivy = (name: string, value: string) => property(`aquasecurity:trivy:${name}`, value);

  test('in CycloneDX: versions in parts, applications with what they hold', () => {
    const layer = (digit: string) => `sha256:${digit.repeat(64)}`;
    const { image, inventory } = read(
      cycloneDx(
        [
          { 'bom-ref': 'os', type: 'operating-system', name: 'alma', version: '9.1' },
          {
            'bom-ref': 'lock',
            type: 'application',
            name: 'app/Cargo.lock',
            properties: [trivy('Type', 'cargo')],
          },
          library('pkg:rpm/alma/bind-libs@9.16-1.el9?arch=x86_64&epoch=32', {
            'bom-ref': 'bind',
            name: 'bind-libs',
            hashes: [{ alg: 'MD5', content: 'ABCDEF0123456789abcdef0123456789' }],
            properties: [
              trivy('SrcName', 'bind'),
              trivy('SrcVersion', '9.16'),
              trivy('SrcRelease', '1.el9'),
              trivy('SrcEpoch', '32'),
              trivy('LayerDigest', layer('a')),
              trivy('LayerDiffID', layer('b')),
            ],
          }),
          library('pkg:cargo/a@1.0.0', { 'bom-ref': 'a', name: 'a' }),
          library('pkg:cargo/b@1.0.0', { 'bom-ref': 'b', name: 'b' }),
          library('pkg:npm/c@1.0.0', {
            name: 'c',
            properties: [trivy('FilePath', 'app/node_modules/c/package.json')],
          }),
        ],
        {
          metadata: {
            component: {
              type: 'container',
              name: 'example.org/app:1',
              properties: [
                trivy('ImageID', layer('c')),
                trivy('DiffID', `${layer('b')},${layer('d')}`),
                trivy('RepoTag', 'example.org/app:1'),
              ],
            },
          },
          dependencies: [
            { ref: 'os', dependsOn: ['bind'] },
            { ref: 'lock', dependsOn: ['a'] },
            { ref: 'a', dependsOn: ['b', 'a-stranger'] },
            { ref: 'b', dependsOn: ['a'] },
          ],
        },
      ),
    );
    expect(image).toMatchObject({
      kind: 'sbom',
      sbomFormat: 'cyclonedx',
      configDigest: layer('c'),
      repoTags: ['example.org/app:1'],
      layers: [
        { digest: layer('a'), diffId: layer('b') },
        { diffId: layer('d'), digestUnknown: true },
      ],
    });
    expect(inventory.packages).toMatchObject([
      {
        version: '32:9.16-1.el9',
        source: { name: 'bind', version: '32:9.16-1.el9' },
        archiveDigest: 'md5:abcdef0123456789abcdef0123456789',
        layer: { digest: layer('a'), diffId: layer('b') },
      },
      { name: 'a', application: 'cargo', dependsOn: ['b@1.0.0'], paths: ['app/Cargo.lock'] },
      { name: 'b', application: 'cargo', dependsOn: ['a@1.0.0'], paths: ['app/Cargo.lock'] },
      { name: 'c', application: 'node-pkg', paths: ['app/node_modules/c/package.json'] },
    ]);
  });

  test('in tag-value form, with files and texts over several lines', () => {
    const text = `SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
SPDXID: SPDXRef-DOCUMENT
DocumentName: app

##### Unpackaged files

FileName: app/x.jar
SPDXID: SPDXRef-File-1

##### Package: os

PackageName: alpine
SPDXID: SPDXRef-OperatingSystem-1
PackageVersion: 3.18.9

PackageName: musl
SPDXID: SPDXRef-Package-1
PackageVersion: 1.2.4-r2
PackageSupplier: Organization: Timo <t@example.org>
PackageComment: <text>several
PackageName: not-one
lines</text>
PackageSourceInfo: <text>built package from: musl-src 1.2.4-r2</text>
PackageLicenseDeclared: MIT AND LicenseRef-abc
PackageChecksum: SHA1: 0123456789abcdef0123456789abcdef01234567
ExternalRef: PACKAGE-MANAGER purl pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=3.18.9
PackageAttributionText: <text>LayerDiffID: sha256:${'b'.repeat(64)}</text>

PackageName: a:x
SPDXID: SPDXRef-Package-2
PackageVersion: 1
ExternalRef: PACKAGE-MANAGER purl pkg:maven/a/x@1

LicenseID: LicenseRef-abc
LicenseName: Beer

Annotator: Tool: trivy-0.60
AnnotationDate: 2026-01-01T00:00:00Z
AnnotationType: OTHER
SPDXREF: SPDXRef-Package-2
AnnotationComment: <text>PkgType: pom</text>

Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-OperatingSystem-1
Relationship: SPDXRef-Package-2 CONTAINS SPDXRef-File-1
Relationship: SPDXRef-Package-2 DEPENDENCY_OF SPDXRef-Package-1
`;
    for (const written of [text, text.replaceAll('\n', '\r\n')]) {
      const { inventory } = read(written);
      expect(inventory.os).toEqual({ family: 'alpine', version: '3.18.9' });
      expect(inventory.packages).toMatchObject([
        {
          name: 'musl',
          maintainer: 'Timo <t@example.org>',
          source: { name: 'musl-src', version: '1.2.4-r2' },
          licenses: ['MIT', 'Beer'],
          archiveDigest: 'sha1:0123456789abcdef0123456789abcdef01234567',
          layer: { diffId: `sha256:${'b'.repeat(64)}` },
          dependsOn: ['a:x@1'],
        },
        { name: 'a:x', application: 'pom', paths: ['app/x.jar'] },
      ]);
    }
  });

  test('in the SPDX of old, with the kind of an application for its name', () => {
    const document = spdx(
      [
        spdxPackage('Application-1', undefined, { name: 'gobinary', sourceInfo: 'usr/bin/app' }),
        spdxPackage('Package-1', 'pkg:golang/a@v1', { name: 'a', attributionTexts: ['PkgID: a@v1'] }),
      ],
      {
        relationships: [
          {
            spdxElementId: 'SPDXRef-Application-1',
            relationshipType: 'CONTAINS',
            relatedSpdxElement: 'SPDXRef-Package-1',
          },
        ],
      },
    );
    expect(packagesOf(document)).toMatchObject([{ application: 'gobinary', paths: ['usr/bin/app'] }]);
  });
});

describe('documents in wrappings', () => {
  const document = cycloneDx([library('pkg:cargo/a@1.0.0')]);
  const statement = (predicate: unknown) => ({
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://cyclonedx.org/bom',
    subject: [],
    predicate,
  });
  const envelope = (payload: unknown) => ({
    payloadType: 'application/vnd.in-toto+json',
    payload: bytes(payload).toString('base64'),
    signatures: [{ sig: 'x' }],
  });
  const other = envelope({ ...statement({ builder: {} }), predicateType: 'https://slsa.dev/provenance/v1' });

  test.each([
    ['a statement', statement(document)],
    ['a statement of SPDX, as BuildKit makes it', statement(spdx([spdxPackage('a', 'pkg:cargo/a@1.0.0')]))],
    ['a statement with Data', statement({ Data: document, Timestamp: '' })],
    ['a statement with text', statement({ Data: JSON.stringify(document) })],
    ['an envelope', envelope(statement(document))],
    [
      'a bundle',
      { mediaType: 'application/vnd.dev.sigstore.bundle+json', dsseEnvelope: envelope(statement(document)) },
    ],
    ["GitHub's answer", { sbom: spdx([spdxPackage('a', 'pkg:cargo/a@1.0.0')]) }],
    ['lines of envelopes', `${JSON.stringify(other)}\n\n${JSON.stringify(envelope(statement(document)))}\n`],
  ])('%s', (_, wrapped) => {
    expect(packagesOf(wrapped)).toMatchObject([{ name: 'a', version: '1.0.0' }]);
    expect(looksLikeSbom(bytes(wrapped).subarray(0, 4096))).toBe(true);
  });
});

describe('what is left out is told', () => {
  test('components without a package URL, and of kinds nobody knows', () => {
    const { inventory } = read(
      cycloneDx([
        library('pkg:github/a/b@1'),
        library('nonsense'),
        { type: 'library', name: 'y' },
        library('pkg:npm/a%0Ab@1'),
      ]),
    );
    expect(inventory.packages).toEqual([]);
    expect(inventory.diagnostics.map(({ code }) => code)).toEqual([
      'SBOM_COMPONENT_UNNAMED',
      'SBOM_COMPONENT_UNKNOWN',
    ]);
  });

  test('packages of a system that is not named', () => {
    const { inventory } = read(cycloneDx([library('pkg:deb/debian/bash@1')]));
    expect(inventory.diagnostics).toMatchObject([{ code: 'SBOM_WITHOUT_OS', by: 'sbom', path: 'sbom.json' }]);
  });

  test('packages of another distribution are not judged by this one', () => {
    const os = { type: 'operating-system', name: 'debian', version: '12' };
    expect(
      packagesOf(
        cycloneDx([os, library('pkg:deb/debian/a@1'), library('pkg:deb/ubuntu/b@1'), library('pkg:deb/c@1')]),
      ),
    ).toMatchObject([{ name: 'a' }, { name: 'b', thirdParty: true }, { name: 'c' }]);
  });
});

test('components within components are found', () => {
  let nested: object = library('pkg:cargo/z@1');
  for (let depth = 0; depth < 100; depth++)
    nested = library(`pkg:cargo/a${depth}@1`, { components: [nested] });
  expect(packagesOf(cycloneDx([nested]))).toHaveLength(101);
});

describe('what is no bill of materials is refused', () => {
  test.each([
    ['nothing', '', 'SBOM_INVALID'],
    ['text', 'hello', 'SBOM_INVALID'],
    ['broken JSON', '{"bomFormat":', 'SBOM_INVALID'],
    ['other JSON', '{"a":1}', 'SBOM_INVALID'],
    ['a list', '[]', 'SBOM_INVALID'],
    ['XML', '<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>', 'SBOM_UNSUPPORTED'],
    ['CycloneDX 2', { bomFormat: 'CycloneDX', specVersion: '2.0' }, 'SBOM_UNSUPPORTED'],
    ['SPDX 1', { spdxVersion: 'SPDX-1.2' }, 'SBOM_UNSUPPORTED'],
    [
      'SPDX 3',
      { '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld', '@graph': [] },
      'SBOM_UNSUPPORTED',
    ],
    ['SPDX 3 in tags', 'SPDXVersion: SPDX-3.0\n', 'SBOM_UNSUPPORTED'],
    [
      'a thousand levels',
      `{"bomFormat":"CycloneDX","x":${'['.repeat(1000)}${']'.repeat(1000)}}`,
      'SBOM_TOO_LARGE',
    ],
    ['an endless wrapping', wrapped(20), 'SBOM_INVALID'],
  ])('%s', (_, document, code) => {
    expect(() => read(document)).toThrow(expect.objectContaining({ code }) as Error);
  });

  function wrapped(times: number): object {
    let node: object = {};
    for (let i = 0; i < times; i++) node = { sbom: node };
    return node;
  }
});

describe('what is made to be a nuisance ends soon', () => {
  const MANY = 40_000;
  const applications = Array.from({ length: MANY }, () => ({
    'bom-ref': 'one',
    type: 'application',
    name: 'a',
    properties: [property('aquasecurity:trivy:Type', 'cargo')],
  }));

  test('many components of one reference that depends on many', () => {
    const libraries = Array.from({ length: MANY }, (_, i) =>
      library('pkg:cargo/a@1', { 'bom-ref': i % 2 ? 'one' : `l${i}` }),
    );
    const dependsOn = Array.from({ length: MANY }, (_, i) => `l${i}`);
    const startedAt = performance.now();
    expect(
      packagesOf(cycloneDx([...applications, ...libraries], { dependencies: [{ ref: 'one', dependsOn }] })),
    ).toHaveLength(MANY);
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  });

  test('texts that never end', () => {
    const text = `SPDXVersion: SPDX-2.3\n${'PackageComment: <text>\n'.repeat(MANY)}`;
    expect(packagesOf(text)).toEqual([]);
    expect(looksLikeSbom(Buffer.from('\n'.repeat(1 << 20)))).toBe(false);
  });
});

describe('any bytes give an answer or a DrydockError', () => {
  const attempt = (data: Uint8Array): void => {
    looksLikeSbom(data);
    try {
      readSbom(data, 'x');
    } catch (error) {
      if (!(error instanceof DrydockError)) throw error;
    }
  };

  test('bytes', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt)));

  const keys = [
    'bomFormat',
    'specVersion',
    'components',
    'metadata',
    'component',
    'purl',
    'name',
    'type',
    'properties',
    'value',
  ];
  const moreKeys = [
    'dependencies',
    'ref',
    'dependsOn',
    'bom-ref',
    'spdxVersion',
    'packages',
    'SPDXID',
    'relationships',
    'payload',
    '__proto__',
  ];
  const texts = fc.constantFrom(
    'CycloneDX',
    '1.5',
    'SPDX-2.3',
    'pkg:deb/debian/a@1?distro=debian-12',
    'pkg:npm/a@1',
    'library',
    'application',
    'operating-system',
    'aquasecurity:trivy:Type',
    'npm',
    '',
  );
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      texts,
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie('node'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys, ...moreKeys), tie('node'), { maxKeys: 6 }),
    ),
  }));

  test('JSON of the right words', () => {
    fc.assert(
      fc.property(node, fc.boolean(), (value, isCycloneDx) => {
        const start = isCycloneDx
          ? { bomFormat: 'CycloneDX', specVersion: '1.6' }
          : { spdxVersion: 'SPDX-2.3' };
        attempt(bytes({ ...(value as object), ...start }));
        attempt(
          bytes(
            isCycloneDx
              ? { ...start, components: [value], dependencies: [value] }
              : { ...start, packages: [value], relationships: [value] },
          ),
        );
        attempt(bytes(value));
      }),
      { numRuns: 300 },
    );
  });

  test('lines of the right tags', () => {
    const tag = fc.constantFrom(
      'PackageName',
      'SPDXID',
      'FileName',
      'Relationship',
      'ExternalRef',
      'Annotator',
      'SPDXREF',
      'AnnotationComment',
      'LicenseID',
      'x',
    );
    const value = fc.constantFrom(
      'a',
      'SPDXRef-a',
      'SPDXRef-a CONTAINS SPDXRef-b',
      'PACKAGE-MANAGER purl pkg:npm/a@1',
      '<text>a: b',
      '</text>',
      '',
    );
    const line = fc.tuple(tag, value).map(([name, text]) => `${name}: ${text}`);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) =>
        attempt(bytes(`SPDXVersion: SPDX-2.3\n${lines.join('\n')}`)),
      ),
    );
  });
});
