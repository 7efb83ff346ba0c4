import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packageUrl, parsePackageUrl } from './purl.ts';

describe('package URLs', () => {
  test.each([
    [
      {
        type: 'deb',
        namespace: 'debian',
        name: 'libc6',
        version: '2.36-9+deb12u4',
        qualifiers: { distro: 'debian-12', arch: 'amd64' },
      },
      'pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12',
    ],
    [
      {
        type: 'rpm',
        namespace: 'redhat',
        name: 'bind',
        version: '9.11-1.el8',
        qualifiers: { epoch: '32', arch: '' },
      },
      'pkg:rpm/redhat/bind@9.11-1.el8?epoch=32',
    ],
    [{ type: 'deb', name: 'libstdc++6', version: '1:2~rc1' }, 'pkg:deb/libstdc%2B%2B6@1:2~rc1'],
    [
      { type: 'golang', namespace: 'github.com/a', name: 'b', subpath: 'c/d' },
      'pkg:golang/github.com/a/b#c/d',
    ],
  ])('%j is %s', (parts, text) => {
    expect(packageUrl(parts)).toBe(text);
    expect(packageUrl(parsePackageUrl(text) ?? { type: '', name: '' })).toBe(text);
  });

  test.each([
    '',
    'deb/debian/x',
    'pkg:',
    'pkg:deb',
    'pkg:deb/%zz',
    'pkg:1a/x',
    `pkg:deb/${'x'.repeat(9000)}`,
  ])('%j is none', (text) => expect(parsePackageUrl(text)).toBeUndefined());

  test('a name that is no text of Unicode still makes a URL', () => {
    expect(packageUrl({ type: 'rpm', name: 'a\ud800' })).toBe('pkg:rpm/a%EF%BF%BD');
  });

  test('what was built is read back', () => {
    const word = fc.stringMatching(/^[a-z][\w+.~ :@%#?&=-]{0,10}$/);
    fc.assert(
      fc.property(word, word, word, (namespace, name, version) => {
        const parts = { type: 'generic', namespace, name, version, qualifiers: { arch: version } };
        expect(parsePackageUrl(packageUrl(parts))).toEqual(parts);
      }),
    );
  });

  test('any text gives an answer', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parsePackageUrl(`pkg:${text}`)));
  });
});
