import { expect, test } from 'vitest';
import { sowRoot } from '../../../../test/fixtures/memory-root.ts';
import type { Database } from '../database/installed.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import type { StateCheck } from './script-rule.ts';
import { failedCheck } from './state-check.ts';

const database = {
  kind: 'dpkg',
  packages: [
    { name: 'base-files', version: '13.8', isInstalled: true },
    { name: 'gone', version: '1', isInstalled: false },
  ],
  diversions: new Map([['/lib64/ld.so', { from: '/lib64/ld.so', to: '/lib64/ld.so.usr', by: 'libc6' }]]),
  accounts: { users: new Map([['root', 0]]), groups: new Map([['shadow', 42]]) },
  triggers: new Map([['libc-upgrade', 'sshd/noawait\n']]),
} as unknown as Database;
const root = sowRoot({
  'etc/shells': '/bin/sh\n',
  'etc/link': '-> nowhere',
  'etc/moved': '-> /data/etc',
  'data/etc/file': '',
  'usr/share/p/file': 'same',
});
const upgrade = {
  installed: { name: 'p', version: '2.0-1' },
  file: { payload: [{ path: 'usr/share/p/file', content: Buffer.from('same') }] },
} as unknown as Upgrade;
// Of "same".
const md5Of = (path: string): string | undefined =>
  path === 'usr/share/p/file' ? '51037a4a37730f52c8732586d3aaa316' : undefined;

test.each<[StateCheck, string | undefined]>([
  [{ present: 'etc/shells' }, undefined],
  [{ present: 'etc/link' }, undefined],
  [{ present: 'etc/none' }, '/etc/none is missing'],
  [{ absent: 'etc/none' }, undefined],
  [{ absent: 'etc/link' }, '/etc/link is there'],
  [{ absent: 'etc/moved/file' }, '/etc/moved/file is there'],
  [{ absent: 'etc/moved/none' }, undefined],
  [{ absent: 'etc/link/none' }, undefined],
  [{ user: 'root' }, undefined],
  [{ user: '_apt' }, 'there is no user _apt'],
  [{ group: 'shadow' }, undefined],
  [{ group: 'utmp' }, 'there is no group utmp'],
  [{ diverted: '/lib64/ld.so' }, undefined],
  [{ diverted: '/bin/sh' }, 'there is no diversion of /bin/sh'],
  [{ undiverted: '/bin/sh' }, undefined],
  [{ undiverted: '/lib64/ld.so' }, 'there is a diversion of /lib64/ld.so'],
  [{ unwatched: 'libc-major-upgrade' }, undefined],
  [{ unwatched: 'libc-upgrade' }, 'sshd waits for libc-upgrade'],
  [{ needs: 'base-files', since: '13.1' }, undefined],
  [{ needs: 'base-files', since: '14' }, 'there is no base-files 14 or later'],
  [{ needs: 'gone', since: '1' }, 'there is no gone 1 or later'],
  [{ from: '2.0-1' }, undefined],
  [{ from: '2.0-2' }, '2.0-1 is before 2.0-2'],
  [{ unchanged: 'usr/share/p/file' }, undefined],
  [{ unchanged: 'usr/share/p/other' }, undefined],
])('%j', (check, failed) => {
  expect(failedCheck([check], upgrade, { root, database, md5Of })).toBe(failed);
});

test('what has changed is told', () => {
  const changed = (): string => 'another';
  expect(failedCheck([{ unchanged: 'usr/share/p/file' }], upgrade, { root, database, md5Of: changed })).toBe(
    '/usr/share/p/file changes',
  );
});

test('of several conditions the first that fails is told', () => {
  const checks: StateCheck[] = [{ present: 'etc/shells' }, { absent: 'etc/shells' }, { user: '_apt' }];
  expect(failedCheck(checks, upgrade, { root, database, md5Of })).toBe('/etc/shells is there');
});

test('where scripts never ran, none holds anything back', () => {
  const distroless = { ...database, kind: 'distroless' } as Database;
  expect(failedCheck([{ user: '_apt' }], upgrade, { root, database: distroless, md5Of })).toBeUndefined();
});
