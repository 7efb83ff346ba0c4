import { describe, expect, test } from 'vitest';
import { sampleReport } from '../../../test/fixtures/sample-report.ts';
import type { Finding, MisconfigurationFinding, SecretFinding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import { filesystemReport, type FilesystemWish } from './filesystem-report.ts';
import { gnuPolicy } from './gnu-violations.ts';
import { licenseReport } from './license-report.ts';
import { isGnuLicensed, openLicenseVerdicts, type LicensePolicy } from './license-verdict.ts';
import { secretReport, type SecretSource } from './secret-report.ts';

const frame = {
  generatedAt: '2026-11-21T00:00:00Z',
  artifact: { repository: 'team/app' },
  scanner: { name: 'Drydock', vendor: 'Drydock', version: '1' },
};
const sample = sampleReport();
const [{ package: pkg }] = sample.findings as [(typeof sample.findings)[0]];
const withFindings = (findings: readonly Finding[], more: Partial<Report> = {}): Report => ({
  ...sample,
  ...more,
  findings,
});
const told = (pieces: Iterable<string>) => JSON.parse([...pieces].join('')) as Record<string, unknown>;

describe('verdicts on licences', () => {
  const policy = (allow: readonly string[], deny: readonly string[]): LicensePolicy => ({ allow, deny });
  test.each([
    ['MIT', policy([], []), 'unknown'],
    ['MIT', policy(['mit'], []), 'allowed'],
    ['ISC', policy(['MIT'], []), 'denied'],
    ['ISC', policy([], ['MIT']), 'allowed'],
    ['Our own licence', policy([], ['MIT']), 'unknown'],
    ['LicenseRef-own', policy(['MIT'], []), 'unknown'],
    ['GPL-3.0-or-later', policy([], ['GPL-3.0']), 'denied'],
    ['GPL-3.0-or-later', policy([], ['GPL-3.0-only']), 'allowed'],
    ['MIT', policy(['MIT'], ['MIT']), 'denied'],
    ['MIT OR GPL-3.0-only', policy(['MIT'], ['GPL-3.0']), 'allowed'],
    ['MIT AND GPL-3.0-only', policy(['MIT'], ['GPL-3.0']), 'denied'],
    ['MIT AND (GPL-3.0-only OR ISC)', policy(['MIT', 'ISC'], []), 'allowed'],
    [
      'GPL-2.0-only WITH Classpath-exception-2.0',
      policy(['GPL-2.0-only WITH Classpath-exception-2.0'], []),
      'allowed',
    ],
  ])('%s under %j is %s', (license, lists, verdict) =>
    expect(openLicenseVerdicts(lists)(license)).toBe(verdict),
  );

  test.each([
    ['GPL-2.0-or-later', true],
    ['LGPL-2.1-only WITH OpenSSL-exception', true],
    ['GFDL-1.3-only', true],
    ['AGPL-3.0', true],
    ['MIT', false],
    ['MIT OR GPL-2.0-only', false],
    ['MIT AND LGPL-3.0-only', true],
    ['GPL, some old version', false],
    ['GPL', true],
  ])('%s is GNU only: %s', (license, expected) => expect(isGnuLicensed(license)).toBe(expected));
});

describe('a report of licences', () => {
  const license = (name: string, more: object = {}): Finding => ({
    kind: 'license',
    name,
    category: 'notice',
    severity: 'LOW',
    confidence: 1,
    ...more,
  });

  test('names each licence once, with each package once', () => {
    const report = withFindings([
      license('MIT', { package: pkg }),
      license('MIT', { package: { ...pkg } }),
      license('ISC', { path: 'b/LICENSE' }),
      license('ISC', { path: 'a/LICENSE' }),
    ]);
    const { licenses, vendor_attributes: attributes } = told(
      licenseReport(report, frame, { allow: [], deny: ['ISC'] }),
    );
    expect(licenses).toEqual([
      {
        license: 'ISC',
        category: 'notice',
        packages: [],
        files: ['a/LICENSE', 'b/LICENSE'],
        verdict: 'denied',
      },
      {
        license: 'MIT',
        category: 'notice',
        packages: [{ name: pkg.name, version: pkg.version, type: 'deb' }],
        verdict: 'allowed',
      },
    ]);
    expect(attributes).toEqual({ policy: { allow: [], deny: ['ISC'], denied: 1 } });
  });

  test('of nothing is empty', () => {
    expect(told(licenseReport(withFindings([]), frame, { allow: [], deny: [] }))['licenses']).toEqual([]);
  });

  test('a policy without GNU names packages, and leaves none out', () => {
    const report = withFindings([
      license('GPL-2.0-only', { package: pkg }),
      license('MIT', { package: pkg }),
    ]);
    expect(gnuPolicy(report)).toMatchObject({
      policy: { allowGNU: false, violations: [{ name: pkg.name, licenses: ['GPL-2.0-only'] }] },
    });
  });
});

describe('a report of the file system', () => {
  const finding = (ruleId: string, path: string | undefined, mode = 0o644): MisconfigurationFinding => ({
    kind: 'misconfiguration',
    ruleId,
    title: ruleId,
    description: '',
    message: `${ruleId} at ${path}`,
    resolution: '',
    severity: 'HIGH',
    subject: path === undefined ? 'image-config' : 'file',
    references: [],
    ...(path !== undefined && { path, entry: { mode, uid: 0, gid: 0 } }),
  });
  const all = [
    finding('DD-FS-0001', 'usr/bin/tool', 0o4755),
    finding('DD-FS-0010', 'etc/open.key', 0o644),
    finding('DD-FS-0010', 'etc/own.key', 0o600),
    finding('DD-FS-0013', 'app/.env'),
    finding('DD-IMG-0001', undefined),
    finding('path:**/*.bak', 'app/x.bak'),
    finding('path:app/needed', 'app/needed'),
  ];
  const checksOf = (wish: Partial<FilesystemWish>) => {
    const whole = { checks: [], paths: [], forbid: [], require: [], ...wish };
    const { findings, passed } = told(filesystemReport(withFindings(all), frame, whole));
    const list = findings as { check: string; path?: string }[];
    expect(passed).toBe(list.length === 0);
    return list.map(({ check, path }) => `${check} ${path ?? '-'}`);
  };

  test.each<[string, Partial<FilesystemWish>, string[]]>([
    ['usually', {}, ['setuid usr/bin/tool', 'private-key-perm etc/open.key', 'root-user -']],
    ['one check', { checks: ['root-user'] }, ['root-user -']],
    ['one rule', { checks: ['DD-FS-0013'] }, ['other app/.env']],
    [
      'everything',
      { checks: ['all'] },
      [
        'setuid usr/bin/tool',
        'private-key-perm etc/open.key',
        'other etc/own.key',
        'other app/.env',
        'root-user -',
      ],
    ],
    [
      'some paths',
      { checks: ['all'], paths: ['etc/**'] },
      ['private-key-perm etc/open.key', 'other etc/own.key', 'root-user -'],
    ],
    [
      'what must not be there',
      { checks: ['forbidden-path'], forbid: ['**/*.bak'] },
      ['forbidden-path app/x.bak'],
    ],
    [
      'what must be there',
      { checks: ['missing-path'], require: ['app/needed', 'app/other'] },
      ['missing-path app/other'],
    ],
    ['nothing of it', { checks: ['setgid'] }, []],
  ])('%s', (_, wish, expected) => expect(checksOf(wish)).toEqual(expected));

  test.each<[string, Partial<FilesystemWish>, boolean]>([
    ['DD-FS-0003', { checks: ['setgid'] }, false],
    ['DD-FS-0003', { checks: ['missing-path'] }, true],
    ['path:**', { forbid: ['**'], paths: ['etc/**'], checks: ['forbidden-path'] }, false],
    ['path:**', { checks: ['forbidden-path'] }, true],
  ])('not all that fits %s was told: with %j passed is %s', (id, wish, expected) => {
    const message = `${id} fits more than 500 entries of the layer; only the first are told`;
    const diagnostics = [{ code: 'MISCONFIGURATIONS_LIMIT', by: 'filesystem', message }];
    const whole = { checks: [], paths: [], forbid: [], require: [], ...wish };
    const { passed, ...more } = told(filesystemReport(withFindings([], { diagnostics }), frame, whole));
    expect(passed).toBe(expected);
    expect(more['vendor_attributes']).toEqual(expected ? undefined : { incomplete: [message] });
  });
});

describe('a report of secrets', () => {
  const config = {
    ...sample.image.config,
    config: { Env: ['PATH=/bin', 'API_TOKEN=x', 'A=1', 'bare-secret'], Labels: { note: 'x' }, Cmd: ['sh'] },
    history: [{ created_by: 'one' }, { created_by: 'two', comment: 'x' }, { created_by: 'three' }],
  };
  const lines = JSON.stringify(config, null, 2).split('\n');
  const secret = (path: string, startLine: number, more: Partial<SecretFinding> = {}): SecretFinding => ({
    kind: 'secret',
    ruleId: 'rule',
    category: 'category',
    title: 'title',
    severity: 'CRITICAL',
    path,
    startLine,
    endLine: startLine,
    match: '****',
    code: [],
    ...more,
  });
  const lineOf = (text: string): number => lines.findIndex((line) => line.includes(text)) + 1;
  const layer = sample.image.layers[0];
  const placed = layer && { layer: { digest: layer.digest, diffId: layer.diffId } };
  const report = withFindings(
    [
      secret('config.json', lineOf('API_TOKEN')),
      secret('config.json', lineOf('bare-secret')),
      secret('config.json', lineOf('"two"')),
      secret('config.json', lineOf('"note"')),
      secret('config.json', 3, placed),
      secret('app/key', 7, { ...placed, isDeleted: true }),
    ],
    { image: { ...sample.image, config } },
  );
  const env = { source: 'env', envName: 'API_TOKEN' };
  // What stands where a name should may be what is to be hidden.
  const nameless = { source: 'env', envName: '' };
  const history = { source: 'history', historyIndex: 1 };
  const other = { source: 'config' };
  const files = [
    { source: 'files', path: 'config.json', line: 3 },
    { source: 'files', path: 'app/key', line: 7, deleted: true },
  ];

  test.each<[SecretSource[], object[]]>([
    [[], [env, nameless, history, other, ...files]],
    [['files'], files],
    [['env'], [env, nameless, other]],
    [['history'], [history]],
  ])('from %j', (sources, expected) => {
    const { findings } = told(secretReport(report, frame, sources));
    expect(findings).toMatchObject(expected);
    expect(findings).toHaveLength(expected.length);
  });
});
