import { expect, test } from 'vitest';
import type { NamedUpdate } from '../../model/patch.ts';
import { appliedUpdates } from './applied-updates.ts';

const update = (architecture: string): NamedUpdate => ({
  type: 'deb',
  name: 'ssl',
  architecture,
  from: '1.0-2',
  to: '1.0-9',
  fixes: ['CVE-1'],
});
const found = (version: string, more: object = {}) =>
  ({ type: 'deb', name: 'ssl', version, architecture: 'amd64', ...more }) as const;

test.each([
  ['a later version', 'amd64', [found('1.0-10')], ['1.0-10']],
  ['the same version', 'amd64', [found('1.0-2')], []],
  ['the same version, written in another way', 'amd64', [found('0:1.0-2')], []],
  ['an earlier version', 'amd64', [found('1.0-1')], []],
  ['no such package any more', 'amd64', [], []],
  ['one of an application', 'amd64', [found('2', { application: 'npm' })], []],
  ['one of another architecture', 'amd64', [found('1.0-9', { architecture: 'i386' })], []],
  ['the old one beside the new one', 'amd64', [found('1.0-9'), found('1.0-2')], []],
  // As reports of others have it.
  ['the same version, no architecture asked for', '', [found('1.0-2')], []],
  ['a later version, no architecture asked for', '', [found('1.0-9')], ['1.0-9']],
  [
    'one of two, no architecture asked for',
    '',
    [found('1.0-9'), found('1.0-2', { architecture: 'i386' })],
    [],
  ],
])('%s', (_, architecture, packages, applied) => {
  const looked = appliedUpdates([update(architecture)], packages);
  expect(looked.applied.map(({ to }) => to)).toEqual(applied);
  expect(looked.left).toHaveLength(1 - applied.length);
});
