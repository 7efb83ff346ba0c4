import {
  chmodSync,
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
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Digest } from '../../model/image.ts';
import { everythingOf, errorOf } from '../../../test/fixtures/registry-client.ts';
import { patchWithCopa, type CopaOptions, type CopaRequest } from './copa.ts';
import { redacted } from '../../base/redacted.ts';

const signal = new AbortController().signal;
const digest = `sha256:${'d'.repeat(64)}` as Digest;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-double-'));
  mkdirSync(join(folder, 'tmp'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Stands in for the program: keeps its arguments and reports, then does as it is told. */
function double(script: string, more: Partial<CopaOptions> = {}): CopaOptions {
  const program = join(folder, 'copa');
  writeFileSync(
    program,
    `#!/bin/sh\nout=${folder}\nfor a in "$@"; do printf '%s\\n' "$a"; done > $out/argv\nwhile [ $# -gt 0 ]; do case "$1" in --report) cp -r "$2" $out/reports;; --output) vex="$2";; esac; shift; done\nenv > $out/env\n${script}\n`,
  );
  chmodSync(program, 0o755);
  return {
    program,
    buildKit: {
      address: 'tcp://buildkit:1234',
      caCertificate: '/tls/ca.pem',
      certificate: '/tls/cert.pem',
      key: '/tls/key.pem',
    },
    timeoutSeconds: 60,
    environment: { PATH: process.env['PATH'] ?? '', ONLY: 'this' },
    temporaryFolder: join(folder, 'tmp'),
    ...more,
  };
}

const request: CopaRequest = {
  reference: { registry: 'reg.example', repository: 'team/app', tag: 'v1', digest },
  platforms: [
    {
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      os: { family: 'debian', version: '12' },
      updates: [{ name: 'libssl3', from: '3.0.1', to: '3.0.2', fixes: ['CVE-1', 'CVE-2'] }],
    },
    {
      platform: { os: 'linux', architecture: 'amd64' },
      os: { family: 'alpine', version: '3.18.9' },
      updates: [],
    },
  ],
  kind: 'index',
  output: { tag: 'v1-patched', push: true },
};

const VEX = `echo '{"statements":[{"vulnerability":{"@id":"CVE-2"},"status":"fixed"},{"vulnerability":{"name":"CVE-1"},"status":"fixed"},{"vulnerability":{"@id":"CVE-9"},"status":"affected"}]}' > "$vex"`;

describe('copa', () => {
  test('is given the image by its digest, one report per platform, and nothing of our environment', async () => {
    const result = await patchWithCopa(request, double(VEX), { signal });
    expect(result).toMatchObject({ isPatched: true, claimed: ['CVE-1', 'CVE-2'] });
    const argv = readFileSync(join(folder, 'argv')).toString().trimEnd().split('\n');
    const place = argv[4]?.replace(/\/reports$/, '') ?? '';
    expect(argv).toEqual([
      ...[
        'patch',
        '--image',
        `reg.example/team/app@${digest}`,
        '--report',
        `${place}/reports`,
        '--scanner',
        'native',
      ],
      ...['--tag', 'v1-patched', '--format', 'openvex', '--output', `${place}/vex.json`, '--timeout', '60s'],
      ...['--working-folder', `${place}/work`, '--progress', 'plain', '--addr', 'tcp://buildkit:1234'],
      ...['--cacert', '/tls/ca.pem', '--cert', '/tls/cert.pem', '--key', '/tls/key.pem', '--push'],
    ]);
    expect(readdirSync(join(folder, 'reports')).sort()).toEqual(['linux-amd64.json', 'linux-arm64-v8.json']);
    expect(JSON.parse(readFileSync(join(folder, 'reports', 'linux-arm64-v8.json')).toString())).toEqual({
      apiVersion: 'v1alpha1',
      metadata: { os: { type: 'debian', version: '12' }, config: { arch: 'arm64' } },
      updates: ['CVE-1', 'CVE-2'].map((vulnerabilityID) => ({
        name: 'libssl3',
        installedVersion: '3.0.1',
        fixedVersion: '3.0.2',
        vulnerabilityID,
      })),
    });
    expect(readFileSync(join(folder, 'env')).toString()).toContain('ONLY=this');
    expect(readFileSync(join(folder, 'env')).toString()).not.toContain('VITEST');
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('is given a file for an image of its own platform, and a folder for one of another', async () => {
    const [, own] = request.platforms;
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    const foreign = architecture === 'arm64' ? 'amd64' : 'arm64';
    const reportFor = async (of: string): Promise<string> => {
      const platforms = own ? [{ ...own, platform: { os: 'linux', architecture: of } }] : [];
      await patchWithCopa({ ...request, kind: 'image', platforms }, double(''), { signal });
      return readFileSync(join(folder, 'argv')).toString().split('\n')[4] ?? '';
    };
    expect(await reportFor(architecture)).toMatch(/\/reports\/linux-\w+\.json$/);
    rmSync(join(folder, 'reports'), { recursive: true });
    expect(await reportFor(foreign)).toMatch(/\/reports$/);
  });

  test('reads the report by a program of its own where it must, and logs in where it is told to', async () => {
    const logins = { auths: { 'reg.example': { auth: 'c2VjcmV0' } } };
    const script = `copa-native "$out/reports/linux-amd64.json" > $out/read; cat "$DOCKER_CONFIG/config.json" > $out/logins`;
    await patchWithCopa(request, double(script, { logins }), { signal });
    expect(readFileSync(join(folder, 'read'))).toEqual(
      readFileSync(join(folder, 'reports', 'linux-amd64.json')),
    );
    expect(JSON.parse(readFileSync(join(folder, 'logins')).toString())).toEqual(logins);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('is told of variants in the form that has them', async () => {
    const [first] = request.platforms;
    const platforms = first
      ? [{ ...first, platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }]
      : [];
    await patchWithCopa({ ...request, platforms }, double(''), { signal });
    const report = JSON.parse(
      readFileSync(join(folder, 'reports', 'linux-arm-v7.json')).toString(),
    ) as Record<string, unknown>;
    expect(report).toMatchObject({
      apiVersion: 'v1alpha2',
      metadata: { config: { arch: 'arm', variant: 'v7' } },
      langupdates: [],
    });
    expect(report['osupdates']).toHaveLength(2);
  });

  test('may leave the image in a folder, and skip what cannot be updated', async () => {
    await patchWithCopa(
      {
        ...request,
        ignoreErrors: true,
        output: { tag: 't', push: false, ociDirectory: '/out', loader: 'podman' },
      },
      double('', { buildKit: {} }),
      { signal },
    );
    const argv = readFileSync(join(folder, 'argv')).toString();
    expect(argv).toContain('--oci-dir\n/out\n--ignore-errors\n');
    expect(argv).not.toMatch(/--push|--loader|--addr|--cacert/);
  });

  test('that writes no document has patched nothing', async () => {
    expect(await patchWithCopa(request, double('exit 0'), { signal })).toMatchObject({
      isPatched: false,
      claimed: [],
    });
  });

  test('that is not there is told with what to do', async () => {
    const error = await errorOf(
      patchWithCopa(request, double('', { program: join(folder, 'none') }), { signal }),
    );
    expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE', kind: 'missing' });
    expect(error.hint).toContain('copa');
  });

  test.each([
    ['Error: failed to dial "tcp://buildkit:1234": connection refused', 'ENGINE_UNAVAILABLE'],
    ['Error: could not determine buildkit daemon address', 'ENGINE_UNAVAILABLE'],
    ['Error: failed to push: unexpected status: 401 Unauthorized', 'REGISTRY_DENIED'],
    ['Error: push access denied: insufficient_scope', 'REGISTRY_DENIED'],
    ['Error: patch exceeded timeout 1m', 'TIMED_OUT'],
    ['Error: no patchable packages', 'ENGINE_FAILED'],
    ['Error: Get "https://reg.example/v2/": dial tcp: connection refused', 'ENGINE_FAILED'],
  ])('that says %s', async (line, code) => {
    const error = await errorOf(patchWithCopa(request, double(`echo '${line}' >&2; exit 1`), { signal }));
    expect(error.code).toBe(code);
    expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  });

  test('shows no credentials in what it says', async () => {
    const said = 'Error: https://user:hunter22@reg.example Authorization: Bearer abc.def token s3cr3t-value';
    const error = await errorOf(
      patchWithCopa(request, double(`echo '${said}' >&2; exit 1`, { secrets: ['s3cr3t-value'] }), { signal }),
    );
    expect(everythingOf(error)).not.toMatch(/hunter22|abc\.def|s3cr3t-value/);
  });

  test('that writes without end is cut to its end', async () => {
    const result = await patchWithCopa(request, double('yes x | head -c 3000000; echo last'), { signal });
    expect(result.log.length).toBeLessThan(300_000);
    expect(result.log.endsWith('last\n')).toBe(true);
  });

  test.each([
    'not json',
    '{"statements":7}',
    '{"statements":[null,{"status":"fixed"},{"status":"fixed","vulnerability":[]}]}',
  ])('that writes %s as its document ends in order', async (content) => {
    const outcome = await patchWithCopa(request, double(`printf '%s' '${content}' > "$vex"`), {
      signal,
    }).catch((error: unknown) => error);
    expect(outcome).toMatchObject(content === 'not json' ? { code: 'ENGINE_FAILED' } : { claimed: [] });
  });

  test('is ended with all that it started when it is called off', async () => {
    const controller = new AbortController();
    const running = patchWithCopa(
      request,
      double(`(sleep 1.5; touch ${folder}/alive) & touch ${folder}/begun; sleep 30`),
      { signal: controller.signal },
    );
    const outcome = running.catch((error: unknown) => error);
    while (!existsSync(join(folder, 'begun'))) await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort(new Error('called off'));
    expect(await outcome).toMatchObject({ message: 'called off' });
    await new Promise((resolve) => setTimeout(resolve, 1700));
    expect(existsSync(join(folder, 'alive'))).toBe(false);
  });
});

test('what is hidden leaves the rest readable', () => {
  expect(redacted('GET http://u:p@h/x authorization: Basic Zm9v ok', [])).toBe(
    'GET http://[secret]@h/x authorization: [secret] ok',
  );
});
