import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  makeArchiveKey,
  NOW,
  serveArchive,
  suiteFiles,
  type ArchiveKey,
  type IndexedFields,
} from '../../../test/fixtures/apt-archive.ts';
import { finding, image, statusOf } from '../../../test/fixtures/patch-parts.ts';
import { listedRoot, type ListedFiles } from '../../../test/fixtures/listed-root.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { PatchPlan } from '../../model/patch.ts';
import { planPatch, type PlanOptions } from './plan-patch.ts';

const { signal } = new AbortController();
let key: ArchiveKey;
beforeAll(async () => {
  key = await makeArchiveKey();
});

interface Case {
  readonly installed: readonly IndexedFields[];
  readonly offered: readonly IndexedFields[];
  readonly findings: readonly VulnerabilityFinding[];
  readonly options?: PlanOptions;
  readonly files?: ListedFiles;
  readonly release?: Readonly<Record<string, string>>;
}

async function plan({
  installed,
  offered,
  findings,
  options = {},
  files = {},
  release = {},
}: Case): Promise<PatchPlan> {
  const served = serveArchive(
    await suiteFiles({ suite: 'bookworm', key, packages: offered, fields: release }),
  );
  return planPatch({
    image,
    root: listedRoot({
      'var/lib/dpkg/status': statusOf(...installed),
      'etc/apt/sources.list.d/a.sources':
        'Types: deb\nURIs: http://deb.test/debian\nSuites: bookworm\nComponents: main\nSigned-By: /etc/apt/keyrings/a.asc\n',
      'etc/apt/keyrings/a.asc': key.armored,
      ...files,
    }),
    findings,
    options,
    archive: { transport: () => Promise.resolve(served) },
    now: NOW,
    signal,
  });
}

const pkg = (name: string, version: string, more: IndexedFields = {}): IndexedFields => ({
  Package: name,
  Version: version,
  ...more,
});
const told = ({ updates, unfixed }: PatchPlan): unknown => ({
  updates: updates.map(({ name, to, fixes }) => [name, to, ...fixes].join(' ')),
  unfixed: unfixed.map(({ finding: { id }, reason }) => `${id} ${reason}`),
});

describe('what moves', () => {
  test('all installed packages of a source, and no others', async () => {
    const source = { Source: 'openssl' };
    const made = await plan({
      installed: [pkg('libssl3', '1', source), pkg('openssl', '1', source), pkg('zlib1g', '1')],
      offered: [
        pkg('libssl3', '2', source),
        pkg('openssl', '2', source),
        pkg('libssl-doc', '2', source),
        pkg('zlib1g', '2'),
      ],
      findings: [finding('CVE-1', 'libssl3', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: ['libssl3 2 CVE-1', 'openssl 2'], unfixed: [] });
  });

  test('what others need with it, as few as can be', async () => {
    const made = await plan({
      installed: [pkg('a', '1', { Depends: 'b (= 1)' }), pkg('b', '1'), pkg('c', '1', { Depends: 'b' })],
      offered: [pkg('a', '2', { Depends: 'b (= 2)' }), pkg('b', '2'), pkg('c', '2')],
      findings: [finding('CVE-1', 'b', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: ['a 2', 'b 2 CVE-1'], unfixed: [] });
  });

  test('what it breaks otherwise', async () => {
    const made = await plan({
      installed: [pkg('a', '1'), pkg('b', '1')],
      offered: [pkg('a', '2', { Breaks: 'b (<< 2)' }), pkg('b', '2')],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: ['a 2 CVE-1', 'b 2'], unfixed: [] });
  });

  test('packages rebuilt without a change of their source, by the version of the source', async () => {
    const made = await plan({
      installed: [pkg('curl', '1:2.38.1-5+b1', { Source: 'curl (1:2.38.1-5)' })],
      offered: [pkg('curl', '1:2.38.1-5+deb12u1+b2', { Source: 'curl (1:2.38.1-5+deb12u1)' })],
      findings: [
        finding('CVE-1', 'curl', '1:2.38.1-5', '2.38.1-5+deb12u1'),
        finding('CVE-2', 'curl', '1:2.38.1-5', '1:2.38.1-5+deb12u2'),
      ],
    });
    expect(told(made)).toEqual({
      updates: ['curl 1:2.38.1-5+deb12u1+b2 CVE-1'],
      unfixed: ['CVE-2 not-in-sources'],
    });
  });

  test('the same package of each architecture', async () => {
    const same = { 'Multi-Arch': 'same' };
    const arm = { ...same, Architecture: 'arm64' };
    const made = await plan({
      installed: [pkg('a', '1', same), pkg('a', '1', arm)],
      offered: [pkg('a', '2', same)],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: [], unfixed: ['CVE-1 conflict'] });
  });

  test('what was not asked for, where it is fixed by the way', async () => {
    const made = await plan({
      installed: [pkg('a', '1')],
      offered: [pkg('a', '2')],
      findings: [finding('CVE-1', 'a', '1', '2'), finding('CVE-2', 'a', '1', '2', { severity: 'LOW' })],
      options: { severities: ['HIGH'] },
    });
    expect(told(made)).toEqual({ updates: ['a 2 CVE-1 CVE-2'], unfixed: [] });
  });
});

describe('what does not move', () => {
  test.each<[string, IndexedFields, IndexedFields[], string]>([
    [
      'a new dependency',
      pkg('a', '1'),
      [pkg('a', '2', { Depends: 'fresh' }), pkg('fresh', '1')],
      'new-dependency-required',
    ],
    ['no newer version', pkg('a', '1'), [pkg('a', '1')], 'not-in-sources'],
    ['a newer one without the fix', pkg('a', '1'), [pkg('a', '1.5')], 'not-in-sources'],
    ['nothing in the archive', pkg('a', '1'), [], 'not-in-sources'],
    ['an older one', pkg('a', '3'), [pkg('a', '2')], 'not-in-sources'],
    ['on hold', pkg('a', '1', { Status: 'hold ok installed' }), [pkg('a', '2')], 'held'],
    ['half installed', pkg('a', '1', { Status: 'install ok half-configured' }), [pkg('a', '2')], 'conflict'],
    ['a conflict', pkg('a', '1'), [pkg('a', '2', { Conflicts: 'other' })], 'conflict'],
    ['a dependency that is too old', pkg('a', '1'), [pkg('a', '2', { Depends: 'other (>= 2)' })], 'conflict'],
  ])('%s', async (_, installed, offered, reason) => {
    const fixed = installed['Version'] === '3' ? '4' : '2';
    const made = await plan({
      installed: [installed, pkg('other', '1'), pkg('good', '1')],
      offered: [...offered, pkg('good', '2')],
      findings: [finding('CVE-1', 'a', '1', fixed), finding('CVE-2', 'good', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: ['good 2 CVE-2'], unfixed: [`CVE-1 ${reason}`] });
    expect(made.unfixed[0]?.detail).not.toBe('');
  });

  test('what needs something that is held', async () => {
    const made = await plan({
      installed: [pkg('a', '1'), pkg('b', '1', { Status: 'hold ok installed' })],
      offered: [pkg('a', '2', { Depends: 'b (>= 2)' }), pkg('b', '2')],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: [], unfixed: ['CVE-1 held'] });
    expect(made.notes).toContain('b is on hold at 1');
  });

  test('what has no fix, what is no package of the system, what was not selected', async () => {
    const npm = finding('CVE-3', 'lodash', '1', '2');
    const made = await plan({
      installed: [pkg('a', '1')],
      offered: [pkg('a', '2')],
      findings: [
        finding('CVE-1', 'a', '1'),
        finding('CVE-2', 'gone', '1', '2'),
        { ...npm, package: { ...npm.package, type: 'npm', application: 'node-pkg' } },
        finding('CVE-4', 'a', '1', '2'),
      ],
      options: { ignore: ['CVE-4'] },
    });
    expect(told(made)).toEqual({
      updates: [],
      unfixed: [
        'CVE-1 no-fix',
        'CVE-4 not-selected',
        'CVE-2 not-a-system-package',
        'CVE-3 not-a-system-package',
      ],
    });
  });

  test('what comes to part of the machines only, where that is wanted', async () => {
    const phased = { 'Phased-Update-Percentage': '20' };
    const given = {
      installed: [pkg('a', '1')],
      offered: [pkg('a', '2', phased)],
      findings: [finding('CVE-1', 'a', '1', '2')],
    };
    expect((await plan(given)).updates).toHaveLength(1);
    expect((await plan({ ...given, options: { excludePhased: true } })).updates).toEqual([]);
  });

  test.each([
    ['a package that is pinned to its version', 'Package: a\nPin: version 1*\nPin-Priority: 1001\n', {}],
    ['an archive that is not wanted', 'Package: *\nPin: release o=Test\nPin-Priority: -1\n', {}],
    ['a host that is not wanted', 'Package: *\nPin: origin "deb.test"\nPin-Priority: 0\n', {}],
    ['an archive for those who ask for it', '', { NotAutomatic: 'yes' }],
  ])('%s', async (_, preferences, release) => {
    const made = await plan({
      installed: [pkg('a', '1')],
      offered: [pkg('a', '2')],
      findings: [finding('CVE-1', 'a', '1', '2')],
      files: { 'etc/apt/preferences.d/own': preferences },
      release,
    });
    expect(told(made)).toEqual({ updates: [], unfixed: ['CVE-1 not-in-sources'] });
  });
});

describe('what keeps a dependency', () => {
  test.each<[string, string, IndexedFields]>([
    ['an alternative', 'nothing | b', pkg('b', '1')],
    ['something that provides it', 'virtual', pkg('b', '1', { Provides: 'virtual' })],
    ['something that provides that version', 'virtual (>= 2)', pkg('b', '1', { Provides: 'virtual (= 3)' })],
    ['any architecture', 'b:any', pkg('b', '1', { 'Multi-Arch': 'allowed' })],
    ['one for all architectures', 'b (>= 1~)', pkg('b', '1', { Architecture: 'all' })],
    ['a foreign one that serves all', 'b', pkg('b', '1', { Architecture: 'arm64', 'Multi-Arch': 'foreign' })],
  ])('%s', async (_, depends, other) => {
    const made = await plan({
      installed: [pkg('libc6', '1'), pkg('a', '1'), other],
      offered: [pkg('a', '2', { Depends: depends })],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(told(made)).toEqual({ updates: ['a 2 CVE-1'], unfixed: [] });
  });

  test.each<[string, string, IndexedFields]>([
    ['a virtual one without the version', 'virtual (>= 2)', pkg('b', '1', { Provides: 'virtual' })],
    ['one of another architecture', 'b', pkg('b', '1', { Architecture: 'arm64' })],
  ])('but not %s', async (_, depends, other) => {
    const made = await plan({
      installed: [pkg('libc6', '1'), pkg('a', '1'), other],
      offered: [pkg('a', '2', { Depends: depends })],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(made.updates).toEqual([]);
  });

  test('a break that was there before is nobody else’s', async () => {
    const made = await plan({
      installed: [pkg('a', '1'), pkg('broken', '1', { Depends: 'missing' })],
      offered: [pkg('a', '2')],
      findings: [finding('CVE-1', 'a', '1', '2')],
    });
    expect(made.updates).toHaveLength(1);
  });
});

test('packages without apt: the archives of the distribution, with the keys of the operator', async () => {
  const served = serveArchive(
    await suiteFiles({ suite: 'bookworm', key, packages: [pkg('a', '2')] }),
    'http://deb.debian.org/debian/',
  );
  const root = listedRoot({
    'var/lib/dpkg/status.d/a': 'Package: a\nVersion: 1\nArchitecture: amd64\n',
    'var/lib/dpkg/status.d/a.md5sums': '',
    'etc/os-release': '→ ../usr/lib/os-release',
    'usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\n',
  });
  const options = { keyrings: [{ name: 'debian', content: Buffer.from(key.armored) }] };
  const archive = { transport: () => Promise.resolve(served) };
  const findings = [finding('CVE-1', 'a', '1', '2')];
  const made = await planPatch({ image, root, findings, options, archive, now: NOW, signal });
  expect(told(made)).toEqual({ updates: ['a 2 CVE-1'], unfixed: [] });
  expect(made.notes).toEqual([expect.stringContaining('updates'), expect.stringContaining('security')]);
});

test('images without dpkg are refused', async () => {
  const archive = { transport: () => Promise.reject(new Error('no')) };
  const asked = planPatch({
    image,
    root: listedRoot({}),
    findings: [],
    options: {},
    archive,
    now: NOW,
    signal,
  });
  await expect(asked).rejects.toMatchObject({ code: 'PATCH_UNSUPPORTED' });
});

test('no finding is lost, nothing gets older or broken, and the same input gives the same plan', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const version = fc.integer({ min: 1, max: 4 }).map(String);
  const relation = fc
    .record({ to: fc.constantFrom(...names, 'x'), sign: fc.constantFrom('>=', '=', '<<'), bound: version })
    .map(({ to, sign, bound }) => `${to} (${sign} ${bound})`);
  const fields = fc.record({ Version: version, Depends: relation, Breaks: relation });
  const given = fc.record({
    installed: fc.tuple(...names.map(() => version)),
    offered: fc.tuple(...names.map(() => fc.array(fields, { maxLength: 3 }))),
    fixed: fc.tuple(...names.map(() => fc.option(version))),
  });
  await fc.assert(
    fc.asyncProperty(given, async ({ installed, offered, fixed }) => {
      const input = {
        installed: names.map((name, i) => pkg(name, installed[i] ?? '1')),
        offered: names.flatMap((name, i) => (offered[i] ?? []).map((more) => ({ Package: name, ...more }))),
        findings: names.map((name, i) =>
          finding(`CVE-${i}`, name, installed[i] ?? '1', fixed[i] ?? undefined),
        ),
      };
      const made = await plan(input);
      const all = [
        ...made.updates.flatMap(({ fixes }) => fixes),
        ...made.unfixed.map((one) => one.finding.id),
      ];
      expect(all.sort()).toEqual(['CVE-0', 'CVE-1', 'CVE-2', 'CVE-3']);
      for (const { from, to } of made.updates) expect(Number(to)).toBeGreaterThan(Number(from));
      // A signature is never the same twice, and so is the sum of the signed file.
      const again = await plan({ ...input, findings: [...input.findings].reverse() });
      expect({ ...again, indexes: [] }).toEqual({ ...made, indexes: [] });
    }),
    { numRuns: 40 },
  );
});
