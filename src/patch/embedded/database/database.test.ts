import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDiversions, divert } from './diversions.ts';
import { parseParagraph, splitParagraphs } from './paragraph.ts';
import { isFiltered, matchesGlob, parsePathFilters } from './path-filters.ts';
import { normaliseRelations, parseConffiles, toStanza } from './stanza.ts';
import { parseStatOverrides } from './stat-overrides.ts';
import { interestedIn, parseTriggers, updateInterests } from './triggers.ts';

describe('toStanza', () => {
  test('writes the fields in the order of dpkg, its own ones first', () => {
    const control = parseParagraph(
      'Homepage: https://example.org/\nVersion: 0:1\nPackage: a\nArchitecture: all\nMulti-Arch: no\nEssential: no\nProtected: yes\nPriority: Optional\nDepends: b(>=1)\nX-Own: x\nDescription: one\n two\n .\n three',
    );
    const stanza = toStanza(control, 'install ok installed', [
      { path: '/etc/a b', hash: 'h', flags: ['obsolete'] },
    ]);
    expect(stanza.split('\n')).toEqual([
      'Package: a',
      'Protected: yes',
      'Status: install ok installed',
      'Priority: optional',
      'Architecture: all',
      'Version: 1',
      'Depends: b (>= 1)',
      'Conffiles:',
      ' /etc/a b h obsolete',
      'Description: one',
      ' two',
      ' .',
      ' three',
      'Homepage: https://example.org/',
      'X-Own: x',
    ]);
  });

  test.each([
    ['a(>=1)|b,c', 'a (>= 1) | b, c'],
    ['a (> 0:1), b (<2), c(3)', 'a (>= 1), b (<= 2), c (= 3)'],
    ['a:any  (  >=  1 )', 'a:any (>= 1)'],
    ['a,\n b', 'a, b'],
  ])('relations %j as %j', (text, wanted) => expect(normaliseRelations(text)).toBe(wanted));

  test('conffiles are read as they are written', () => {
    const text =
      'Conffiles:\n /etc/a 1\n /etc/b c 2 obsolete\n /etc/d newconffile remove-on-upgrade\n nonsense';
    expect(parseConffiles(parseParagraph(text))).toEqual([
      { path: '/etc/a', hash: '1', flags: [] },
      { path: '/etc/b c', hash: '2', flags: ['obsolete'] },
      { path: '/etc/d', hash: 'newconffile', flags: ['remove-on-upgrade'] },
    ]);
  });

  test('paragraphs are split at empty lines, however many', () =>
    expect(splitParagraphs('\na: 1\nb: 2\n\n \n\nc: 3\n\n')).toEqual(['a: 1\nb: 2', 'c: 3']));
});

describe('path filters', () => {
  const slim = parsePathFilters(
    '# no\npath-exclude=/usr/share/doc/*\n path-include /usr/share/doc/*/copyright\nlog x\n',
  );
  test.each([
    ['/usr/share/doc/a/README', false, true],
    ['/usr/share/doc/a/copyright', false, false],
    ['/usr/share/doc/a', true, false],
    ['/usr/share/doc', true, false],
    ['/usr/share/man/a', false, false],
  ])('%s (folder: %s): %s', (path, isFolder, wanted) =>
    expect(isFiltered(path, isFolder, slim)).toBe(wanted),
  );

  test.each([
    ['*', '', true],
    ['/a/*/c', '/a/x/y/c', true],
    ['/a/?', '/a/bc', false],
    ['/[a-c]/[!x]', '/b/y', true],
    ['/[a-c]/[!x]', '/b/x', false],
    ['/\\*', '/*', true],
    ['/\\*', '/x', false],
    ['[', '[', true],
  ])('%s fits %s: %s', (pattern, text, wanted) => expect(matchesGlob(pattern, text)).toBe(wanted));

  test('is done in time whatever the stars', () => {
    const start = performance.now();
    matchesGlob('*a'.repeat(500), 'a'.repeat(4000));
    matchesGlob(`${'*a'.repeat(500)}b`, 'a'.repeat(4000));
    expect(performance.now() - start).toBeLessThan(12_000);
  });
});

describe('diversions and overrides', () => {
  const diversions = parseDiversions('/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\nleft over\n');
  test('a package keeps what it diverts', () => {
    expect(divert('/bin/sh', 'dash', diversions)).toBe('/bin/sh');
    expect(divert('/bin/sh', 'bash', diversions)).toBe('/bin/sh.distrib');
    expect(divert('/a', 'dash', diversions)).toBe('/b');
    expect(divert('/c', 'dash', diversions)).toBe('/c');
  });

  test('owners by name or number', () => {
    const accounts = { users: new Map([['u', 5]]), groups: new Map([['g', 6]]) };
    expect([...parseStatOverrides('u g 2755 /a b\n#1 #2 600 /c\nx g 644 /d\nu g 9 /e\n', accounts)]).toEqual([
      ['/a b', { uid: 5, gid: 6, mode: 0o2755 }],
      ['/c', { uid: 1, gid: 2, mode: 0o600 }],
    ]);
  });
});

describe('triggers', () => {
  test('interests that change move, others stay where they are', () => {
    const files = new Map([
      ['File', '/x other\n/y me/noawait\n'],
      ['named', 'me\nother\n'],
    ]);
    const changed = updateInterests(
      files,
      'me',
      parseTriggers('interest named\ninterest-noawait /y'),
      parseTriggers('interest-noawait /z # why\nactivate n'),
    );
    expect([...changed]).toEqual([
      ['named', 'other\n'],
      ['File', '/x other\n/z me/noawait\n'],
    ]);
    expect(
      updateInterests(files, 'me', parseTriggers('interest a'), parseTriggers('interest-await a')).size,
    ).toBe(0);
  });

  test('who is told of many paths is found at once', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `/usr/share/x${index} p${index}\n`);
    const of = interestedIn(new Map([['File', lines.join('')]]));
    for (let path = 0; path < 5000; path++) expect(of(`/usr/share/x${path}/a`)).toEqual([`p${path}`]);
  });

  test('who is told of a path, or of a name', () => {
    const of = interestedIn(
      new Map([
        ['File', '/usr/share/man man-db\n/usr/lib/x lib:amd64/noawait\n'],
        ['ldconfig', 'libc-bin\n'],
      ]),
    );
    expect(of('/usr/share/man/man1/a.1')).toEqual(['man-db']);
    expect(of('/usr/share/mango')).toEqual([]);
    expect(of('/usr/lib/x')).toEqual(['lib']);
    expect(of('ldconfig')).toEqual(['libc-bin']);
  });
});

test('no text makes the parsers throw', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a/:*[]\\ \n()<=>|,!-'), maxLength: 60 }), (text) => {
      const paragraph = parseParagraph(text);
      toStanza(paragraph, '', parseConffiles(paragraph));
      splitParagraphs(text);
      normaliseRelations(text);
      parsePathFilters(`path-exclude ${text}`).forEach((filter) => isFiltered('/a/b', true, [filter]));
      matchesGlob(text, 'a/b');
      parseDiversions(text);
      parseTriggers(text);
    }),
  );
});
