import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../base/secret.ts';
import type { ProgramTarget } from '../../../model/scanner-registration.ts';
import type { RegistryCredential } from '../../../oci/credentials/credential.ts';
import { SBOM_10, VULNERABILITY_11 } from '../report-types.ts';
import type { ScannerFailure, ScanTask } from '../scanner.ts';
import { readOutput } from './outputs/read-output.ts';
import { fillArguments, hostForPrograms, referenceOf } from './program-arguments.ts';
import { openProgramScanner } from './program-scanner.ts';
import { readVersion } from './program-version.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-programs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const digest = `sha256:${'a'.repeat(64)}`;
const login: RegistryCredential = { kind: 'basic', username: 'me', password: new Secret('s3cr3t-pass') };
const task: ScanTask = {
  registryUrl: 'http://127.0.0.1:5000',
  repository: 'team/app',
  digest,
  credential: login,
  mediaType: VULNERABILITY_11,
  parameters: {},
};
const trivyReport = JSON.stringify({
  SchemaVersion: 2,
  CreatedAt: '2026-11-01T10:00:00Z',
  Results: [
    {
      Vulnerabilities: [
        {
          VulnerabilityID: 'CVE-2026-0001',
          PkgName: 'openssl',
          InstalledVersion: '3.0.1',
          FixedVersion: '3.0.2',
          Status: 'fixed',
          Severity: 'HIGH',
          SeveritySource: 'redhat',
          CweIDs: ['CWE-79', 'x'],
          CVSS: { nvd: { V3Score: 9, V3Vector: 'n' }, redhat: { V3Score: 5, V2Score: 0 } },
          PrimaryURL: 'https://example.org/a',
          References: ['https://example.org/a', 'javascript:1'],
          Layer: { DiffID: digest },
        },
      ],
    },
    { Vulnerabilities: null },
  ],
});

interface Given {
  readonly target?: Partial<ProgramTarget>;
  readonly arguments?: readonly string[];
  readonly scanSeconds?: number;
}

/** A scanner that is a few lines of shell. */
function open(script: string, { target, arguments: args, scanSeconds = 10 }: Given = {}) {
  const home = mkdtempSync(join(folder, 'one-'));
  const command = join(home, 'scanner');
  writeFileSync(command, `#!/bin/sh\n${script}\n`);
  chmodSync(command, 0o700);
  const scratchFolder = join(home, 'scratch');
  const scanner = openProgramScanner({
    id: 'p1',
    name: 'prog',
    place: {
      path: '/usr/bin:/bin',
      stateFolder: join(home, 'state'),
      scratchFolder,
      environment: { HTTPS_PROXY: 'http://proxy:3128' },
    },
    timeouts: { scanSeconds },
    maxInFlight: 2,
    target: {
      kind: 'program',
      command,
      versionArguments: ['--version'],
      environment: { OWN_STATE: '{state}/db' },
      login: { kind: 'docker-config' },
      plainHttpEnvironment: { PLAIN: 'yes' },
      scans: [
        { type: 'vulnerability', output: 'trivy-json', arguments: args ?? ['image', '{reference}'] },
        { type: 'sbom', output: 'cyclonedx-json', arguments: ['bill', '{reference}'] },
      ],
      goodExitCodes: [3],
      maxOutputBytes: 1 << 20,
      ...target,
    },
  });
  return { scanner, home, scratchFolder };
}

const version = 'if [ "$1" = --version ]; then echo "Version: 0.44.1"; exit 0; fi';

async function failureOf(act: Promise<unknown>): Promise<ScannerFailure> {
  return await act.then(
    () => {
      throw new Error('it went well');
    },
    (error: unknown) => error as ScannerFailure,
  );
}

describe('a program as a scanner', () => {
  test('is run over a reference, and what it writes becomes a report', async () => {
    const { scanner, home, scratchFolder } = open(
      `${version}\necho "$@" > ${folder}/args; env > ${folder}/env; cat "$DOCKER_CONFIG/config.json" > ${folder}/login\n` +
        `ls -l "$DOCKER_CONFIG/config.json" > ${folder}/mode; ls -ld "$DOCKER_CONFIG" >> ${folder}/mode\ncat <<'END'\n${trivyReport}\nEND\nexit 3`,
    );
    const handle = await scanner.begin(task, { signal });
    const look = await scanner.look(handle, task, { signal });
    expect(look).toMatchObject({ state: 'completed', contentType: VULNERABILITY_11 });
    const report = look.state === 'completed' && (JSON.parse(Buffer.from(look.report).toString()) as unknown);
    expect(report).toEqual({
      generated_at: '2026-11-01T10:00:00.000Z',
      artifact: { repository: 'team/app', digest },
      scanner: { name: 'prog', vendor: 'unknown', version: '0.44.1' },
      severity: 'High',
      vulnerabilities: [
        {
          id: 'CVE-2026-0001',
          package: 'openssl',
          version: '3.0.1',
          fix_version: '3.0.2',
          severity: 'High',
          status: 'fixed',
          description: '',
          links: ['https://example.org/a'],
          layer: { diff_id: digest },
          preferred_cvss: { score_v3: 5 },
          cwe_ids: ['CWE-79'],
          vendor_attributes: {
            CVSS: { nvd: { V3Score: 9, V3Vector: 'n' }, redhat: { V3Score: 5, V2Score: 0 } },
          },
        },
      ],
    });
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(read('args').trim()).toBe(`image 127.0.0.1:5000/team/app@${digest}`);
    expect(JSON.parse(read('login'))).toEqual({
      auths: { '127.0.0.1:5000': { auth: Buffer.from('me:s3cr3t-pass').toString('base64') } },
    });
    expect(read('mode')).toMatch(/^-rw-------.*\ndrwx------/s);
    const names = read('env')
      .split('\n')
      .map((line) => line.split('=')[0])
      .filter((name) => !['_', 'PWD', 'OLDPWD', 'SHLVL', ''].includes(name ?? ''));
    expect(names.sort()).toEqual(
      ['DOCKER_CONFIG', 'HOME', 'HTTPS_PROXY', 'LANG', 'OWN_STATE', 'PATH', 'PLAIN', 'TMPDIR'].sort(),
    );
    expect(read('env')).toContain(`OWN_STATE=${join(home, 'state')}/db`);
    expect(read('env')).not.toContain('s3cr3t-pass');
    expect(readdirSync(scratchFolder)).toEqual([]);
  });

  test('may be told its login by variables, and write to a file', async () => {
    const { scanner } = open(
      `${version}\ncase "$LOGIN_USER:$LOGIN_PASS@$LOGIN_HOST" in me:s3cr3t-pass@127.0.0.1:5000) ;; *) exit 9;; esac\n` +
        `echo noise; echo '${trivyReport}' > "$2"`,
      {
        arguments: ['--output', '{output}', '{reference}'],
        target: {
          login: {
            kind: 'variables',
            username: 'LOGIN_USER',
            password: 'LOGIN_PASS',
            registry: 'LOGIN_HOST',
          },
        },
      },
    );
    expect(await scanner.look('', task, { signal })).toMatchObject({ state: 'completed' });
    const token: RegistryCredential = { kind: 'registry-token', token: new Secret('t') };
    expect(await failureOf(scanner.look('', { ...task, credential: token }, { signal }))).toMatchObject({
      code: 'REGISTRY_AUTH',
    });
  });

  test('that fails is quoted without logins and addresses', async () => {
    const { scanner } = open(
      `${version}\necho "FATAL cannot pull http://me:s3cr3t-pass@127.0.0.1:5000/v2: s3cr3t-pass" >&2; exit 1`,
    );
    const failure = await failureOf(scanner.look('', task, { signal }));
    expect(failure).toMatchObject({ code: 'SCAN_FAILED' });
    expect(failure.message).toContain('scanner prog ended with 1: FATAL cannot pull');
    expect(failure.message).not.toMatch(/s3cr3t|127\.0/);
  });

  test('is ended, with all that it started, when its time is over', async () => {
    const mark = join(folder, 'still-there');
    const { scanner } = open(`${version}\n(sleep 2; touch ${mark}) & sleep 60`, { scanSeconds: 0.3 });
    expect(await failureOf(scanner.look('', task, { signal }))).toMatchObject({ code: 'SCAN_TIMEOUT' });
    await wait(2300);
    expect(existsSync(mark)).toBe(false);
  });

  test('is ended when it writes more than it may', async () => {
    const { scanner } = open(`${version}\nyes`, { target: { maxOutputBytes: 10_000 } });
    expect(await failureOf(scanner.look('', task, { signal }))).toMatchObject({ code: 'BACKEND_PROTOCOL' });
    const second = open(`${version}\nhead -c 20000 /dev/zero > "$1"`, {
      arguments: ['{output}', '{reference}'],
      target: { maxOutputBytes: 10_000 },
    });
    expect(await failureOf(second.scanner.look('', task, { signal }))).toMatchObject({
      code: 'BACKEND_PROTOCOL',
    });
  });

  test('that is not there, writes nothing or writes something else', async () => {
    const missing = open('', { target: { command: '/nonexistent/scanner' } });
    expect(await failureOf(missing.scanner.look('', task, { signal }))).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
    });
    for (const output of ['', 'echo nonsense', 'echo "{}"', `echo '{"matches":[]}'`]) {
      const { scanner } = open(`${version}\n${output}`);
      expect(await failureOf(scanner.look('', task, { signal }))).toMatchObject({ code: 'BACKEND_PROTOCOL' });
    }
  });

  test('says what it makes', async () => {
    const { scanner } = open(version);
    const { capabilities, identity } = await scanner.metadata({ signal });
    expect(identity.version).toBe('0.44.1');
    expect(capabilities.flatMap(({ produces }) => produces)).toEqual([VULNERABILITY_11, SBOM_10]);
    const bill = { ...task, mediaType: SBOM_10 };
    await expect(
      scanner.begin({ ...bill, parameters: { format: 'spdx' } }, { signal }),
    ).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
    await scanner.begin({ ...bill, parameters: { format: 'cyclonedx' } }, { signal });
  });
});

describe('arguments', () => {
  test.each([
    ['-x', 'team/app', digest],
    ['h:5000', '--output', digest],
    ['h:5000', 'a//../b', digest],
    ['h', 'a b', digest],
    ['h', 'a', 'latest'],
    ['h/../x', 'a', digest],
  ])('no reference that a program could take for something else: %s %s', (host, repository, of) => {
    expect(() => referenceOf({ kind: 'registry', host, repository, digest: of })).toThrow('name');
  });

  test('Docker Hub has the name by which programs look for its login', () => {
    expect(['registry-1.docker.io', 'docker.io', 'ghcr.io'].map(hostForPrograms)).toEqual([
      'docker.io',
      'docker.io',
      'ghcr.io',
    ]);
  });

  test('a value stays one argument, and is not looked through again', () => {
    expect(
      fillArguments(['a', 'registry:{reference}', '{layout}', '{other}'], { reference: '{layout} $(x)' }),
    ).toEqual(['a', 'registry:{layout} $(x)', '{layout}', '{other}']);
  });
});

test.each([
  ['Version: 0.44.1\nVulnerability DB:', '0.44.1', undefined],
  [
    '{"Version":"0.58.0","VulnerabilityDB":{"UpdatedAt":"2026-01-02T03:04:05Z"}}',
    '0.58.0',
    '2026-01-02T03:04:05.000Z',
  ],
  ['{"application":"grype","version":"0.90.1"}', '0.90.1', undefined],
  ['nothing', 'unknown', undefined],
])('a version is read out of %j', (text, version, updatedAt) => {
  expect(readVersion(text, 'n', 'v')).toMatchObject({ version });
  expect(readVersion(text, 'n', 'v').databaseUpdatedAt).toBe(updatedAt);
});

describe('what programs write', () => {
  const context = { task, scanner: { name: 'p', vendor: 'v', version: '1' }, name: 'prog' };
  const told = (value: unknown, output: Parameters<typeof readOutput>[1], mediaType = VULNERABILITY_11) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const { report } = readOutput(bytes, output, { ...context, task: { ...task, mediaType } });
    return JSON.parse(Buffer.from(report).toString()) as Record<string, unknown>;
  };

  test('Grype names a vulnerability by its source, and its other names beside', () => {
    const report = told(
      {
        descriptor: { timestamp: '2026-11-02T10:00:00.5Z' },
        matches: [
          {
            vulnerability: {
              id: 'GHSA-aaaa-bbbb-cccc',
              severity: 'Critical',
              dataSource: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
              fix: { versions: ['1.2.3', '2.0.0'], state: 'fixed' },
              cvss: [],
            },
            relatedVulnerabilities: [
              {
                id: 'CVE-2026-0005',
                description: 'Bad.',
                cvss: [
                  { version: '2.0', vector: 'AV', metrics: { baseScore: 4.3 } },
                  { version: '3.1', vector: 'CVSS:3.1/x', metrics: { baseScore: 9.8 } },
                ],
              },
            ],
            artifact: { name: 'lodash', version: '4.0.0', locations: [{ layerID: digest }] },
          },
        ],
      },
      'grype-json',
    );
    expect(report).toMatchObject({
      generated_at: '2026-11-02T10:00:00.500Z',
      vulnerabilities: [
        {
          id: 'GHSA-aaaa-bbbb-cccc',
          package: 'lodash',
          fix_version: '1.2.3, 2.0.0',
          status: 'fixed',
          severity: 'Critical',
          description: 'Bad.',
          layer: { diff_id: digest },
          preferred_cvss: { score_v3: 9.8, score_v2: 4.3 },
          vendor_attributes: { aliases: ['CVE-2026-0005'] },
        },
      ],
    });
  });

  test('bills come in an envelope; one of Syft becomes CycloneDX', () => {
    expect(told({ bomFormat: 'CycloneDX', x: 1 }, 'cyclonedx-json', SBOM_10)).toMatchObject({
      media_type: 'application/vnd.cyclonedx+json',
      sbom: { x: 1 },
    });
    expect(told({ spdxVersion: 'SPDX-2.3' }, 'spdx-json', SBOM_10)).toMatchObject({
      media_type: 'application/spdx+json',
    });
    expect(() => told({ spdxVersion: 'SPDX-2.3' }, 'cyclonedx-json', SBOM_10)).toThrow('no cyclonedx-json');
    const syft = {
      descriptor: { name: 'syft', version: '1.0.0' },
      distro: { id: 'debian', versionID: '12' },
      artifacts: [
        {
          id: 'a',
          name: 'bash',
          version: '5',
          purl: 'pkg:deb/debian/bash@5',
          licenses: [{ value: 'GPL-3.0' }, 'MIT'],
        },
        { id: 'b' },
      ],
    };
    expect(told(syft, 'syft-json', SBOM_10)['sbom']).toMatchObject({
      bomFormat: 'CycloneDX',
      components: [
        { type: 'operating-system', name: 'debian' },
        {
          name: 'bash',
          purl: 'pkg:deb/debian/bash@5',
          licenses: [{ license: { name: 'GPL-3.0' } }, { license: { name: 'MIT' } }],
        },
      ],
    });
  });

  test('whatever they write, there is a report or a failure', () => {
    const any = fc.anything({ maxDepth: 3 });
    const shaped = fc.record(
      {
        SchemaVersion: fc.constant(2),
        Results: fc.oneof(any, fc.array(fc.record({ Vulnerabilities: fc.oneof(any, fc.array(any)) }))),
        matches: fc.oneof(
          any,
          fc.array(fc.record({ vulnerability: any, artifact: any, relatedVulnerabilities: any })),
        ),
        artifacts: fc.oneof(any, fc.array(any)),
        descriptor: any,
        bomFormat: any,
        spdxVersion: any,
      },
      { requiredKeys: [] },
    );
    const outputs = [
      'trivy-json',
      'grype-json',
      'syft-json',
      'cyclonedx-json',
      'spdx-json',
      'harbor',
    ] as const;
    fc.assert(
      fc.property(
        fc.oneof(shaped, any),
        fc.constantFrom(...outputs),
        fc.boolean(),
        (value, output, isBill) => {
          const text = JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? 1 : one)) ?? '';
          try {
            readOutput(Buffer.from(text), output, {
              ...context,
              task: { ...task, mediaType: isBill ? SBOM_10 : VULNERABILITY_11 },
            });
          } catch (error) {
            expect(error).toMatchObject({ name: 'ScannerFailure', code: 'BACKEND_PROTOCOL' });
          }
        },
      ),
    );
  });
});
