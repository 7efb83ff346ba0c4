import { expect, test } from 'vitest';
import type { Package } from '../model/package.ts';
import { identifyJars } from './identify.ts';

const DIGEST = 'a'.repeat(40);
const jarOf = (
  name: string,
  version: string,
  identifiedBy: Package['identifiedBy'],
  path = `lib/${name}-${version}.jar`,
): Package => ({
  type: 'maven',
  application: 'jar',
  name,
  version,
  licenses: [],
  ...(identifiedBy && { identifiedBy }),
  archiveDigest: `sha1:${DIGEST}`,
  paths: [path],
});

const nothing = { findBySha1: () => undefined, hasArtifact: () => false, findGroup: () => undefined };
const byDigest = {
  ...nothing,
  findBySha1: (hex: string) => (hex === DIGEST ? { group: 'g', artifact: 'a', version: '9' } : undefined),
};
const byName = {
  ...nothing,
  findGroup: (artifact: string, version: string) => (artifact === 'a' && version === '1' ? 'n' : undefined),
};
const brief = ({ name, version, identifiedBy }: Package): string =>
  `${name} ${version} ${identifiedBy ?? ''}`;

test.each([
  ['no database leaves them', undefined, jarOf('v:t', '1', 'manifest'), ['v:t 1 manifest']],
  ['no database drops what is not known at all', undefined, jarOf('t.jar', '', 'file-name'), []],
  ['pom.properties are believed', byDigest, jarOf('g:x', '1', 'pom.properties'), ['g:x 1 pom.properties']],
  [
    'a manifest is believed when there is such an artifact',
    { ...byDigest, hasArtifact: () => true },
    jarOf('v:t', '1', 'manifest'),
    ['v:t 1 manifest'],
  ],
  ['the digest corrects a manifest', byDigest, jarOf('v:t', '1', 'manifest'), ['g:a 9 digest']],
  ['the digest names what had no name', byDigest, jarOf('t.jar', '', 'file-name'), ['g:a 9 digest']],
  ['the name of the file finds its group', byName, jarOf('a', '1', 'file-name'), ['n:a 1 file-name']],
  [
    'and that of one whose manifest is unknown',
    byName,
    jarOf('v:t', '2', 'manifest', 'x/a-1.jar'),
    ['n:a 1 file-name'],
  ],
  ['the unknown stays', nothing, jarOf('v:t', '2', 'manifest'), ['v:t 2 manifest']],
])('%s', (_, database, pkg, expected) => {
  expect(identifyJars([pkg], database).map(brief)).toEqual(expected);
});

test('what becomes the same is told once', () => {
  const twice = [jarOf('g:a', '9', 'pom.properties', 'x.jar'), jarOf('x.jar', '', 'file-name', 'x.jar')];
  expect(identifyJars(twice, byDigest).map(brief)).toEqual(['g:a 9 pom.properties']);
});

test('others are left alone', () => {
  const other: Package = { type: 'deb', name: 'a', version: '1', licenses: [], paths: [] };
  expect(identifyJars([other, other], byDigest)).toEqual([other, other]);
});
