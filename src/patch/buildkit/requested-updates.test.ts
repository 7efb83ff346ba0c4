import { expect, test } from 'vitest';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import { errorOf } from '../../../test/fixtures/registry-client.ts';
import { copaOs } from './copa-report.ts';
import { requestedUpdates } from './requested-updates.ts';

function finding(id: string, name: string, fixedVersion?: string, more: object = {}): VulnerabilityFinding {
  const pkg = {
    type: 'rpm',
    name,
    version: '1.0-1',
    architecture: 'x86_64',
    licenses: [],
    paths: [],
    ...more,
  };
  const fixed = fixedVersion === undefined ? {} : { fixedVersion };
  return { id, package: pkg, severity: 'HIGH', status: 'fixed', ...fixed } as unknown as VulnerabilityFinding;
}

test('of each package the highest version is asked for that a finding names', () => {
  const { updates, unfixed } = requestedUpdates(
    [
      finding('CVE-1', 'ssl', '1.0-9'),
      finding('CVE-2', 'ssl', '1.0-10, 1.0-3'),
      finding('CVE-3', 'ssl', '1.0-2'),
      finding('CVE-4', 'curl', '2.0-1'),
    ],
    {},
  );
  expect(updates.map(({ name, to, fixes }) => [name, to, fixes])).toEqual([
    ['curl', '2.0-1', ['CVE-4']],
    ['ssl', '1.0-10', ['CVE-1', 'CVE-2', 'CVE-3']],
  ]);
  expect(unfixed).toEqual([]);
});

test.each([
  ['no-fix', finding('CVE-1', 'ssl'), {}],
  ['not-a-system-package', finding('CVE-1', 'lodash', '2', { type: 'npm', application: 'npm' }), {}],
  ['not-selected', finding('CVE-1', 'ssl', '2-1'), { only: ['curl'] }],
  ['not-selected', finding('CVE-1', 'ssl', '2-1'), { severities: ['LOW'] }],
  ['not-selected', finding('CVE-1', 'ssl', '2-1'), { ids: ['CVE-2'] }],
] as const)('what cannot be asked for is told: %s', (reason, one, filter) => {
  const { updates, unfixed } = requestedUpdates([one], filter);
  expect(updates).toEqual([]);
  expect(unfixed).toMatchObject([{ reason }]);
});

test.each([
  ['debian', '12', 'debian'],
  ['rhel', '9.4', 'redhat'],
  ['mariner', '2.0', 'cbl-mariner'],
  ['amzn', '2023', 'amazon'],
])('the engine has its own names for distributions: %s', (id, versionId, family) => {
  expect(copaOs({ id, versionId, codename: '' })).toEqual({ family, version: versionId });
});

test('a distribution that it does not know is refused', async () => {
  const error = await errorOf(
    Promise.resolve().then(() => copaOs({ id: 'gentoo', versionId: '', codename: '' })),
  );
  expect(error).toMatchObject({ code: 'PATCH_UNSUPPORTED' });
});

test.each(['x && touch /pwned', '$(id)', '-oDebug=1', 'libc6-', 'a b', 'a;b', 'a/b', 'a=1', 'a*', ''])(
  'what is no name of a package is not handed over: %j',
  (name) => {
    expect(requestedUpdates([finding('CVE-1', name, '2.0-1')], {})).toMatchObject({
      updates: [],
      unfixed: [{ reason: 'not-a-system-package' }],
    });
  },
);

test.each(['g++', 'libstdc++6', 'python3.11', 'java-17-openjdk', 'NetworkManager', '_x'])(
  'names of packages are: %s',
  (name) => {
    expect(requestedUpdates([finding('CVE-1', name, '2.0-1')], {}).updates).toHaveLength(1);
  },
);

test('nor is a version that is none', () => {
  expect(requestedUpdates([finding('CVE-1', 'ssl', '2.0;id')], {}).updates).toEqual([]);
});

test('versions of a report that takes all systems for one are those of the system', () => {
  const told = finding('CVE-1', 'openssh', '9.3_p2-r1', { type: 'deb', version: '9.3_p1-r0' });
  expect(requestedUpdates([told], {}, 'apk').updates).toMatchObject([{ type: 'apk', to: '9.3_p2-r1' }]);
  const library = finding('CVE-1', 'lodash', '2', { type: 'npm', application: 'npm' });
  expect(requestedUpdates([library], {}, 'apk').updates).toEqual([]);
});
