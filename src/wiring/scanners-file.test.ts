import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readScannersFile } from './scanners-file.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drydock-file-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string) {
  const file = join(folder, 'scanners.yaml');
  writeFileSync(file, text);
  return await readScannersFile(file);
}

describe('the file of scanners', () => {
  test('as the documentation shows it', async () => {
    const page = readFileSync(new URL('../../docs/multiplexer.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    writeFileSync(join(folder, 'key'), 'k3y-of-east\n');
    const { registrations, defaults, secrets } = await read(
      example.replace('/run/secrets/east', join(folder, 'key')),
    );
    expect(registrations.map(({ name, target: { kind }, maxInFlight }) => [name, kind, maxInFlight])).toEqual(
      [
        ['east', 'adapter', 4],
        ['trivy', 'program', 1],
        ['house-scanner', 'program', 1],
      ],
    );
    const [east, trivy, house] = registrations;
    expect(secrets.get(east?.id ?? '')?.reveal()).toBe('k3y-of-east');
    expect(JSON.stringify(registrations)).not.toContain('k3y');
    expect(trivy?.target).toMatchObject({
      command: '/usr/local/bin/trivy',
      environment: { TRIVY_NO_PROGRESS: 'true', TRIVY_CACHE_DIR: '{state}/cache' },
    });
    expect(house).toMatchObject({
      timeouts: { scanSeconds: 600 },
      target: { login: { kind: 'variables', token: 'REG_TOKEN' }, goodExitCodes: [3] },
    });
    expect(defaults).toEqual({
      'application/vnd.security.sbom.report+json; version=1.0': trivy?.id,
    });
  });

  test('keeps the id of a name, so that what was handed out before a restart is found again', async () => {
    const [one] = (await read('scanners: [{ name: a, program: trivy }]')).registrations;
    const [, other] = (await read('scanners: [{ name: b, program: grype }, { name: a, program: trivy }]'))
      .registrations;
    expect(other?.id).toBe(one?.id);
  });

  test('there need not be one', async () => {
    expect((await readScannersFile(undefined)).registrations).toEqual([]);
  });

  test.each([
    ['no YAML', 'a: [', 'is not YAML'],
    ['brackets', '['.repeat(500), 'too many brackets'],
    [
      'a key that is not there',
      'scanners: [{ name: a, url: "http://h", auth: Bearer, credentialFile: /nonexistent/k }]',
      '/nonexistent/k',
    ],
    [
      'a variable that is none',
      'scanners: [{ name: a, program: { like: trivy, environment: { "A=B": c } } }]',
      'no variable',
    ],
    [
      'an output that is not known',
      'scanners: [{ name: a, program: { command: x, scans: [{ type: sbom, output: x, arguments: ["{reference}"] }] } }]',
      'output is one of',
    ],
    [
      'an output of the other kind',
      'scanners: [{ name: a, program: { command: x, scans: [{ type: sbom, output: trivy-json, arguments: ["{reference}"] }] } }]',
      'no output of a scan',
    ],
    [
      'a field that is not known',
      'scanners: [{ name: a, program: { like: trivy, shell: true } }]',
      'no field',
    ],
    [
      'a program with an address',
      'scanners: [{ name: a, program: trivy, url: "http://h" }]',
      'no field "url"',
    ],
    [
      'a program with a field that is not known',
      'scanners: [{ name: a, program: trivy, maxInflight: 4 }]',
      'no field "maxInflight"',
    ],
    [
      'a program without anything to run it for',
      'scanners: [{ name: a, program: { command: x } }]',
      'missing program.scans',
    ],
  ])('%s is told', async (_, text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(message) as string,
    });
  });
});
