import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageUrl } from '../purl.ts';
import { packageFromPurl, sourceOfRpm } from './purl-package.ts';

describe('a package URL becomes a package', () => {
  test.each([
    [
      'pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=3.18.9',
      { type: 'apk', name: 'musl', version: '1.2.4-r2', architecture: 'x86_64' },
    ],
    [
      'pkg:deb/debian/zlib1g@1.2.13.dfsg-1?arch=amd64&epoch=1',
      { type: 'deb', name: 'zlib1g', version: '1:1.2.13.dfsg-1' },
    ],
    [
      'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?upstream=zlib',
      { version: '1:1.2.13.dfsg-1', source: { name: 'zlib', version: '1:1.2.13.dfsg-1' } },
    ],
    [
      'pkg:deb/ubuntu/bash@5.1?upstream=bash%405.0',
      { version: '5.1', source: { name: 'bash', version: '5.0' } },
    ],
    [
      'pkg:rpm/redhat/bind@9.11-1.el8?epoch=32&upstream=bind-9.11-1.el8.src.rpm',
      { version: '32:9.11-1.el8', source: { name: 'bind', version: '32:9.11-1.el8' } },
    ],
    [
      'pkg:rpm/redhat/npm@8-1?epoch=0&modularitylabel=nodejs:18:1:2',
      { version: '8-1', modularityLabel: 'nodejs:18:1:2' },
    ],
    ['pkg:npm/%40angular/core@1.0.0', { name: '@angular/core', application: 'node-pkg' }],
    ['pkg:maven/org.apache/log4j@2', { name: 'org.apache:log4j', application: 'jar' }],
    ['pkg:golang/github.com/a/b@v1.0.0#c/d', { name: 'github.com/a/b/c/d', application: 'gobinary' }],
    ['pkg:pypi/django@3', { type: 'pypi', name: 'django', application: 'python-pkg' }],
    ['pkg:cocoapods/ShareKit@2.0#Twitter', { name: 'ShareKit/Twitter' }],
    ['pkg:composer/laravel/framework@5', { name: 'laravel/framework' }],
    ['pkg:swift/github.com/Alamofire/Alamofire@5', { name: 'github.com/Alamofire/Alamofire' }],
    ['pkg:golang/command-line-arguments', { name: 'command-line-arguments', version: '' }],
  ])('%s', (purl, pkg) => expect(packageFromPurl(purl)).toMatchObject(pkg));

  test.each(['pkg:github/a/b@1', 'pkg:oci/x@sha256:1', 'hello', ''])('%j is none', (purl) =>
    expect(packageFromPurl(purl)).toBeUndefined(),
  );

  test.each([
    [
      'openssl-libs-3.0.1-43.el9.src.rpm',
      '1:3.0.1-43.el9',
      { name: 'openssl-libs', version: '1:3.0.1-43.el9' },
    ],
    ['x.src.rpm', '1', undefined],
  ])('%s of %s', (file, version, source) => expect(sourceOfRpm(file, version)).toEqual(source));

  test('any text of any type gives an answer', () => {
    const type = fc.constantFrom('deb', 'rpm', 'npm', 'maven', 'golang', 'cocoapods', 'generic');
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(type, text, text, text, (kind, name, version, upstream) => {
        packageFromPurl(packageUrl({ type: kind, name, version, qualifiers: { upstream, epoch: version } }));
        packageFromPurl(`pkg:${kind}/${name}@${version}?upstream=${upstream}`);
      }),
    );
  });
});
