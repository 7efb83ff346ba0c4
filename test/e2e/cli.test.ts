import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { runs } from '../fixtures/images.ts';
import type { Descriptor } from '../fixtures/layout-writer.ts';
import { drydock } from '../fixtures/program.ts';
import { pushLayout } from '../fixtures/push-layout.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const program = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const image = `oci:${join(examples, 'sample-image')}:latest`;
const database = ['--db-path', join(examples, 'sample-db')];

let folder: string;
let env: Record<string, string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-cli-'));
  env = { DRYDOCK_CACHE_DIR: join(folder, 'cache') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scan = (...args: string[]) => drydock(['scan', ...database, ...args], { env, cwd: folder });

interface Told {
  readonly Results: readonly {
    readonly Packages?: readonly unknown[];
    readonly Vulnerabilities?: readonly { readonly VulnerabilityID: string; readonly Severity: string }[];
  }[];
}

async function idsOf(...args: string[]): Promise<string[]> {
  const run = await scan('--format', 'json', ...args, image);
  expect(run).toMatchObject({ code: 0, stderr: '' });
  const { Results } = JSON.parse(run.stdout) as Told;
  return Results.flatMap((result) => (result.Vulnerabilities ?? []).map((one) => one.VulnerabilityID));
}

describe('without a scan', () => {
  test.each([['--version'], ['-V'], ['--version', '--debug']])('%s prints the version', async (...args) => {
    expect(await drydock(args)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([[['--help']], [['scan', '--help']], [['db', '--help']], [['db', 'import', '-h']]])(
    '%j helps',
    async (args) => {
      const run = await drydock(args);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(run.stdout).toMatch(/^Usage: drydock/);
    },
  );

  test('nothing at all prints help, and is wrong usage', async () => {
    const run = await drydock([]);
    expect(run.code).toBe(2);
    expect(run.stdout).toMatch(/^Usage: drydock/);
  });
});

describe('what is wrong is told in one line, with an exit code, and without a stack', () => {
  test.each([
    [2, ['scan', '--severty', 'HIGH', 'x'], /unknown option '--severty'\. Did you mean --severity\?/],
    [
      2,
      ['scan', '--severity', 'high,foo', 'x'],
      /--severity: "foo" is not one of UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL/,
    ],
    [2, ['scan', '--ignore-status', 'fixd', 'x'], /--ignore-status: "fixd" .*Did you mean "fixed"\?/],
    [2, ['scan', '--format', 'jsn', 'x'], /--format: "jsn" .*Did you mean "json"\?/],
    [2, ['scan', '--exit-code', '300', 'x'], /--exit-code: "300" is not a whole number from 0 to 255/],
    [2, ['scan', '--timeout', '5', 'x'], /--timeout: "5" is not a time/],
    [2, ['scan', '--platform', 'pdp11', image], /platform.*"pdp11"/],
    [
      2,
      ['scan', '--ignorefile', 'none', image],
      /ignore file none cannot be read: no such file or directory$/m,
    ],
    [
      2,
      ['scan', '--output', 'no/where', image],
      /cannot write --output no\/where: no such file or directory$/m,
    ],
    [2, ['scan', '--offline', 'alpine'], /alpine is in a registry, and --offline forbids the network/],
    [2, ['alpine:3.20'], /unknown command "alpine:3.20"\. Did you mean "drydock scan alpine:3.20"\?/],
    [2, ['scan', '--config', 'none.yaml', image], /none\.yaml: cannot be read: no such file or directory/],
    [3, ['scan', './nothing'], /\.\/nothing.* does not exist/],
    [3, ['scan', '--db-path', join(examples, 'sample-db'), `oci:${examples}/sample-image:other`], /other/],
    [3, ['scan', '--skip-db-update', image], /no advisory database yet.*drydock db update/],
    [3, ['db', 'status'], /no advisory database yet/],
    [6, ['db', 'import', program], /is not/],
  ])('%i: drydock %j', async (code, args, message) => {
    const run = await drydock(args, { env, cwd: folder });
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toMatch(/^drydock: [^\n]+\n$/);
    expect(run.code).toBe(code);
    expect(run.stdout).toBe('');
  });

  test('--debug adds where it happened', async () => {
    const run = await drydock(['scan', './nothing', '--debug'], { env });
    expect(run.stderr).toMatch(/^drydock: /m);
    expect(run.stderr).toMatch(/^\s+at /m);
    expect(run.stderr).toContain('SOURCE_NOT_FOUND');
  });
});

describe('a scan of the sample', () => {
  test('is told as a table, and that it is a sample', async () => {
    const run = await scan(image);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('CVE-2023-6246');
    expect(run.stdout).toContain('SAMPLE');

    expect(run.stdout).not.toMatch(/\u001b/);
  });

  test('is told the same when it is remembered, and without memory', async () => {
    const first = await idsOf();
    expect(first.length).toBeGreaterThan(25);
    expect(await idsOf()).toEqual(first);
    expect(await idsOf('--no-cache')).toEqual(first);
    expect(await idsOf('--force')).toEqual(first);
  });

  test('is filtered by severity, status and packages', async () => {
    const all = await idsOf();
    const critical = await idsOf('--severity', 'critical');
    expect(critical.length).toBeGreaterThan(0);
    expect(critical.length).toBeLessThan(all.length);
    expect(all).toContain('CVE-2005-2541');
    expect(await idsOf('--ignore-unfixed')).not.toContain('CVE-2005-2541');
    expect(await idsOf('--ignore-status', 'affected')).not.toContain('CVE-2005-2541');
    expect(await idsOf('--pkg-types', 'library')).toEqual([]);
  });

  test('lists every package when asked to', async () => {
    const run = await scan('--format', 'json', '--list-all-pkgs', image);
    const { Results } = JSON.parse(run.stdout) as Told;
    expect(Results[0]?.Packages).toHaveLength(17);
  });

  test('finds colours when they are asked for, and NO_COLOR does not stand against a flag', async () => {
    expect((await scan('--color', 'always', image)).stdout).toMatch(/\u001b\[/);
  });

  test('of several images tells each, and the worst outcome counts', async () => {
    const run = await scan('--format', 'json', image, './nothing', image);
    expect(run.code).toBe(3);
    expect(run.stderr).toMatch(/^drydock: \.\/nothing: [^\n]+\n$/);
    expect(run.stdout.match(/"SchemaVersion"/g)).toHaveLength(2);
  });

  test('from an archive on standard input', async () => {
    const archive = execFileSync('tar', ['-C', join(examples, 'sample-image'), '-cf', '-', '.']);
    const run = await drydock(['scan', ...database, '--format', 'json', '-'], { env, input: archive });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toContain('CVE-2023-6246');
  });
});

describe('exit codes', () => {
  test.each([
    [0, []],
    [9, ['--exit-code', '9']],
    [0, ['--exit-code', '9', '--pkg-types', 'library']],
    [0, ['--exit-on-eol', '8']],
  ])('%i with %j', async (code, args) => {
    expect((await scan(...args, image)).code).toBe(code);
  });
});

describe('settings', () => {
  const home = (): Record<string, string> => {
    mkdirSync(join(folder, 'xdg', 'drydock'), { recursive: true });
    writeFileSync(
      join(folder, 'xdg', 'drydock', 'config.yaml'),
      'format: json\nexitCode: 5\nseverity: [LOW]\n',
    );
    return { ...env, XDG_CONFIG_HOME: join(folder, 'xdg') };
  };

  test('a flag before the environment, before the file', async () => {
    const args = ['scan', ...database, '--exit-code', '7', image];
    const run = await drydock(args, { env: { ...home(), DRYDOCK_SEVERITY: 'HIGH' } });
    const { Results } = JSON.parse(run.stdout) as Told;
    const severities = Results.flatMap((result) => (result.Vulnerabilities ?? []).map((one) => one.Severity));
    expect([...new Set(severities)]).toEqual(['HIGH']);
    expect(run.code).toBe(7);
  });

  test('drydock config tells what is in force, where from, and no secret; and is itself a settings file', async () => {
    const secret = { DRYDOCK_USERNAME: 'bob', DRYDOCK_PASSWORD: 'hunter22', DRYDOCK_PARALLEL: '2' };
    const run = await drydock(['config', '--timeout', '90s'], { env: { ...home(), ...secret } });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).not.toContain('hunter22');
    expect(run.stdout).toMatch(/^# password: \*\*\* +# DRYDOCK_PASSWORD$/m);
    expect(run.stdout).toMatch(/^timeout: 1m30s +# --timeout$/m);
    expect(run.stdout).toMatch(/^parallel: 2 +# DRYDOCK_PARALLEL$/m);
    expect(run.stdout).toMatch(/^format: json +# file$/m);
    expect(run.stdout).toMatch(/^offline: false +# default, --offline$/m);

    writeFileSync(join(folder, 'copy.yaml'), run.stdout.replace('username: bob', ''));
    const again = await drydock(['config', '--config', join(folder, 'copy.yaml')], { env });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toMatch(/^timeout: 1m30s +# file$/m);
  });

  test('a misspelt variable is mentioned, unless it shall be quiet', async () => {
    const misspelt = { ...env, DRYDOCK_SEVERTY: 'HIGH' };
    const run = await drydock(['scan', ...database, image], { env: misspelt });
    expect(run.stderr).toBe(
      'note: DRYDOCK_SEVERTY is set but is not a setting; did you mean DRYDOCK_SEVERITY?\n',
    );
    expect((await drydock(['scan', '-q', ...database, image], { env: misspelt })).stderr).toBe('');
  });
});

describe('ignore files', () => {
  test('.trivyignore of the working directory counts, and --ignorefile instead of it', async () => {
    const cwd = mkdtempSync(join(folder, 'ignoring-'));
    writeFileSync(join(cwd, '.trivyignore'), '# known\nCVE-2023-6246\n');
    writeFileSync(join(cwd, 'other.yaml'), 'vulnerabilities:\n  - id: CVE-2024-2961\n');
    const ids = async (...args: string[]): Promise<string> => {
      return (await drydock(['scan', '--format', 'json', ...database, ...args, image], { env, cwd })).stdout;
    };
    expect(await ids()).not.toContain('CVE-2023-6246');
    const other = await ids('--ignorefile', 'other.yaml');
    expect(other).toContain('CVE-2023-6246');
    expect(other).not.toContain('CVE-2024-2961');
  });
});

describe('output', () => {
  test('a file holds what would have been printed, and nothing lies beside it', async () => {
    const cwd = mkdtempSync(join(folder, 'output-'));
    const run = await drydock(['scan', ...database, '--output', 'report.txt', image], { env, cwd });
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(cwd, 'report.txt'), 'utf8')).toBe((await scan(image)).stdout);
    expect(readdirSync(cwd)).toEqual(['report.txt']);
  });

  test('never replaces the image that is scanned', async () => {
    const archive = join(folder, 'in.tar');
    execFileSync('tar', ['-cf', archive, '-C', join(examples, 'sample-image'), '.']);
    const before = readFileSync(archive);
    const run = await scan('--output', './in.tar', `oci-archive:${archive}`);
    expect(run).toMatchObject({ code: 2, stderr: expect.stringContaining('overwrite the image') as string });
    expect(readFileSync(archive).equals(before)).toBe(true);
  });

  test('a failed scan leaves no file', async () => {
    const cwd = mkdtempSync(join(folder, 'failed-'));
    const run = await drydock(['scan', ...database, '--output', 'report.txt', `${image}er`], { env, cwd });
    expect(run.code).toBe(3);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('a reader that has had enough ends it quietly', () => {
    const line = `"${process.execPath}" "${program}" scan --db-path "${database[1]}" --list-all-pkgs -f json "${image}" | head -c 1`;
    const script = `set -o pipefail; ${line}; echo "code $?"`;
    const output = execFileSync('bash', ['-c', script], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(output).toBe('{code 0\n');
  });
});

describe('Ctrl-C', () => {
  /** A scan that waits for standard input for ever. */
  async function stopped(
    signal: NodeJS.Signals,
  ): Promise<{ code: number | null; stderr: string; left: string[] }> {
    const cwd = mkdtempSync(join(folder, 'stopped-'));
    const args = ['scan', ...database, '--output', 'report.json', '--format', 'json', '-'];
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd, TMPDIR: cwd, ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    while (readdirSync(cwd).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill(signal);
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, stderr, left: readdirSync(cwd) };
  }

  test.each([
    ['SIGINT', 130, 'Ctrl-C'],
    ['SIGTERM', 143, 'SIGTERM'],
  ] as const)('%s ends it with %i and leaves nothing', async (signal, code, word) => {
    expect(await stopped(signal)).toEqual({ code, stderr: `drydock: stopped by ${word}\n`, left: [] });
  });

  test('time that is up ends it too', async () => {
    const child = spawn(process.execPath, [program, 'scan', ...database, '--timeout', '1s', '-'], {
      env: { PATH: process.env['PATH'], ...env },
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    expect({ code, stderr }).toEqual({ code: 7, stderr: 'drydock: not done after 1s. Raise --timeout.\n' });
  });
});

describe('the database', () => {
  test('a published one is taken from a file, told of, checked and used', async () => {
    const own = { DRYDOCK_CACHE_DIR: join(folder, 'own') };
    const archive = join(folder, 'db.tar.gz');
    execFileSync('tar', ['-C', join(examples, 'sample-db'), '-czf', archive, 'trivy.db', 'metadata.json']);
    const imported = await drydock(['db', 'import', archive], { env: own });
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    const status = await drydock(['db', 'status'], { env: own });
    expect(status.stdout).toMatch(/^built +2024-11-01T00:00:00Z$/m);
    expect((await drydock(['db', 'verify'], { env: own })).stdout).toMatch(/^state +sound/);
    const run = await drydock(['scan', '--skip-db-update', image], { env: own });
    expect(run.stdout).toContain('CVE-2023-6246');
  });
});

describe.skipIf(!hasDockerRegistry)('a registry that wants a password (needs docker-registry)', () => {
  /** `htpasswd -Bbn -C 4 bob correct-horse` */
  const htpasswd = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
  let registry: DockerRegistry;
  let reference: string;
  beforeAll(async () => {
    registry = await startDockerRegistry({ htpasswd });
    reference = `${registry.host}/sample/app:1`;
    const index = JSON.parse(readFileSync(join(examples, 'sample-image', 'index.json'), 'utf8')) as {
      manifests: [Descriptor];
    };
    const target = {
      origin: `http://${registry.host}`,
      repository: 'sample/app',
      login: 'bob:correct-horse',
    };
    await pushLayout(join(examples, 'sample-image'), index.manifests[0], '1', target);
  });
  afterAll(() => registry[Symbol.asyncDispose]());

  const pull = (args: string[], input = '', more: Record<string, string> = {}) => {
    const own = { DRYDOCK_CACHE_DIR: join(folder, 'pulled'), ...more };
    return drydock(['scan', ...database, '--no-cache', '--debug', ...args, reference], { env: own, input });
  };

  test('takes it from standard input, from the environment and from a login', async () => {
    const docker = mkdtempSync(join(folder, 'docker-'));
    const auth = Buffer.from('bob:correct-horse').toString('base64');
    writeFileSync(join(docker, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const scans = [
      await pull(['--username', 'bob', '--password-stdin'], 'correct-horse\n'),
      await pull([], '', { DRYDOCK_USERNAME: 'bob', DRYDOCK_PASSWORD: 'correct-horse' }),
      await pull([], '', { DOCKER_CONFIG: docker }),
    ];
    for (const { code, stdout, stderr } of scans) {
      expect(code).toBe(0);
      expect(stdout).toContain('CVE-2023-6246');
      expect(stderr).toContain('/v2/sample/app/manifests/1');
      expect(stderr).not.toMatch(/correct-horse|Ym9iOmNvcnJlY3Q/);
    }
  });

  test('refuses without it, and with a wrong one that is not shown', async () => {
    const [none, wrong] = [
      await pull([]),
      await pull(['--username', 'bob', '--password-stdin'], 'wrong-horse'),
    ];
    for (const { code, stderr } of [none, wrong]) {
      expect(code).toBe(4);
      expect(stderr).toMatch(/^drydock: /m);
      expect(stderr).not.toContain('wrong-horse');
    }
  });
});

describe('the cache', () => {
  test('is told of and cleared', async () => {
    await scan(image);
    const status = async (): Promise<string> => (await drydock(['cache', 'status'], { env })).stdout;
    expect(await status()).toMatch(/^entries +[1-9]/m);
    expect(await drydock(['cache', 'clear'], { env })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await status()).toMatch(/^entries +0$/m);
  });

  test.each([['/etc/passwd'], ['/proc/drydock']])('cannot lie in %s, and scans go on', async (place) => {
    const away = { ...env, DRYDOCK_CACHE_DIR: place };
    expect((await drydock(['scan', ...database, image], { env: away, cwd: folder })).code).toBe(0);
    const told = await drydock(['cache', 'status'], { env: away });
    expect(told.code).toBe(place === '/etc/passwd' ? 2 : 0);
  });

  test('is not touched with --no-cache', async () => {
    const cache = join(folder, 'untouched');
    await drydock(['scan', ...database, '--no-cache', image], { env: { DRYDOCK_CACHE_DIR: cache } });
    expect(existsSync(cache)).toBe(false);
  });
});

describe.skipIf(!runs('script'))('a terminal (needs script)', () => {
  const onTerminal = (settings: string, args: string): string => {
    const command = `stty cols 120; ${settings} "${process.execPath}" "${program}" scan --db-path "${database[1]}" ${args} "${image}"`;
    return execFileSync('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm', ...env },
      encoding: 'utf8',
    });
  };

  test('gets colours and lines of its width', () => {
    const output = onTerminal('', '');

    expect(output).toMatch(/\u001b\[/);

    const plain = output.replace(
      /\u001b\]8;;[^\u001b\u0007]*(?:\u001b\\|\u0007)|\u001b\[[0-9;]*[A-Za-z]/g,
      '',
    );
    expect(Math.max(...plain.split('\n').map((line) => line.trimEnd().length))).toBeLessThanOrEqual(120);
  });

  test('gets none with NO_COLOR', () => {
    expect(onTerminal('NO_COLOR=1', '')).not.toMatch(/\u001b\[[0-9;]*m/);
  });
});
