import { describe, expect, test } from 'vitest';
import { sbomFiles } from './sbom-files.ts';

const header = (path: string) => ({ path, sizeBytes: 1, mode: 0o644 });
const add = (path: string, document: unknown) =>
  sbomFiles.begin().add({ ...header(path), content: Buffer.from(JSON.stringify(document)) });

describe('bills of materials in an image', () => {
  test.each([
    ['usr/share/sbom/app.spdx', true],
    ['app.spdx.json', true],
    ['app.cdx', true],
    ['srv/app.cdx.json', true],
    ['opt/bitnami/redis/.spdx-redis.spdx', false],
    ['opt/bitnami/.spdx-x.spdx', false],
    ['opt/bitnami/redis/redis.spdx', true],
    ['app.json', false],
  ])('%s: %s', (path, wanted) => expect(sbomFiles.wants(header(path))).toBe(wanted));

  test('tell of applications, and not of packages of the system', () => {
    const components = ['pkg:npm/left-pad@1.3.0', 'pkg:cargo/time@0.1.0', 'pkg:deb/debian/libc6@2.36-9'].map(
      (purl) => ({ type: 'library', name: 'x', purl }),
    );
    expect(add('srv/app.cdx.json', { bomFormat: 'CycloneDX', specVersion: '1.5', components })).toEqual({
      packages: [
        expect.objectContaining({ name: 'left-pad', application: 'node-pkg', paths: ['srv/app.cdx.json'] }),
        expect.objectContaining({ name: 'time', application: 'cargo', paths: ['srv/app.cdx.json'] }),
      ],
    });
  });

  test('say nothing when they hold nothing, and are told when they are damaged', () => {
    expect(add('a.cdx', { bomFormat: 'CycloneDX', specVersion: '1.5' })).toBeUndefined();
    expect(add('a.cdx', { hello: 1 })).toMatchObject({ diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED' }] });
  });
});
