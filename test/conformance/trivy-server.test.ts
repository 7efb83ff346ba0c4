import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { shared } from '../fixtures/shared.ts';
import { startTrivyServer } from '../fixtures/trivy-server.ts';

/** A real Trivy to speak with; never a dependency. */
const trivy = process.env['DRYDOCK_TRIVY'];
const isReady = shared !== undefined && images !== undefined && trivy !== undefined && existsSync(trivy);

interface Run {
  readonly code: number | null;
  readonly report: string;
  readonly errors: string;
}

describe.skipIf(!isReady)(
  "a real Trivy client's report is its own standalone one (needs ../shared, DRYDOCK_TEST_IMAGES, DRYDOCK_TRIVY)",
  { timeout: 120_000 },
  () => {
    let database: ReturnType<typeof realDatabase>;
    let home: string;
    let server: Awaited<ReturnType<typeof startTrivyServer>>;
    let runs = 0;

    beforeAll(async () => {
      database = realDatabase();
      const folder = database?.folder ?? '';
      home = join(folder, 'trivy');
      mkdirSync(join(home, 'db'), { recursive: true });
      cpSync(join(folder, 'trivy.db'), join(home, 'db', 'trivy.db'));
      const metadata = JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8')) as object;
      const downloaded = { ...metadata, DownloadedAt: new Date().toISOString() };
      writeFileSync(join(home, 'db', 'metadata.json'), JSON.stringify(downloaded));
      server = await startTrivyServer(folder);
    });
    afterAll(async () => {
      await server.close();
      database?.remove();
      rmSync(home, { recursive: true, force: true });
    });

    async function run(name: string, flags: readonly string[]): Promise<Run> {
      const output = join(home, `report-${++runs}`);
      const layout = join(images ?? '', name);
      const args = ['--cache-dir', home, 'image', '--input', layout, ...flags, '-o', output];
      const child = spawn(trivy ?? '', args, { env: { HOME: home }, stdio: ['ignore', 'ignore', 'pipe'] });
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      return { code, report: existsSync(output) ? readFileSync(output, 'utf8') : '', errors };
    }

    const alone = ['--skip-db-update', '--skip-java-db-update', '--offline-scan'];
    const remote = (): string[] => ['--server', server.url];

    async function compare(name: string, format: string, flags: readonly string[]): Promise<void> {
      const wanted = ['--format', format, ...flags];
      const theirs = await run(name, [...wanted, ...alone]);
      const ours = await run(name, [...wanted, ...remote()]);
      expect({ code: ours.code, errors: ours.code === 0 ? '' : ours.errors }).toEqual({
        code: theirs.code,
        errors: '',
      });
      expect(comparable(ours.report, format)).toEqual(comparable(theirs.report, format));
    }

    // That image needs the database of jars, which standalone Trivy does not do without either.
    test.each(layouts(/^(?!debian12-java)/))('%s: json, everything', async (name) => {
      await compare(name, 'json', ['--list-all-pkgs', '--scanners', 'vuln,secret,license']);
    });
    test.each(layouts(/^(?!debian12-java)/))('%s: table', async (name) => {
      await compare(name, 'table', ['--scanners', 'vuln']);
    });
    const some = layouts(/^(?:debian12-(?:node-app|python)|alpine-3.18|go-binaries|rpm-like|rust)/);
    test.each(some)('%s: json, plain', (name) => compare(name, 'json', []));
    // Of the others it tells something else with every run, or something that its client does not send.
    const steady = some.filter((name) => !/node-app|rust/.test(name));
    test.each(steady)('%s: cyclonedx', (name) => compare(name, 'cyclonedx', []));
    test.each(steady)('%s: cyclonedx with vulnerabilities', (name) =>
      compare(name, 'cyclonedx', ['--scanners', 'vuln']),
    );
    test.each(some)('%s: sarif', (name) => compare(name, 'sarif', []));
    // Not every build of this version says why it fails; what it is told is tested at the door.
    test('a token that is wrong or right, and another prefix', async () => {
      const guarded = await startTrivyServer(database?.folder ?? '', { token: 'secret' });
      const code = async (url: string, token: string) =>
        (await run('alpine-3.18.9-x86_64', ['--format', 'json', '--server', url, '--token', token])).code;
      try {
        expect(await code(guarded.url, 'secret')).toBe(0);
        expect(await code(guarded.url, 'wrong')).toBe(1);
        expect(await code(`${guarded.url}/other`, 'secret')).toBe(1);
      } finally {
        await guarded.close();
      }
    });
    test.each(some)('%s: libraries only, ignoring what is not fixed', (name) =>
      compare(name, 'json', ['--vuln-type', 'library', '--ignore-unfixed', '--list-all-pkgs']),
    );
  },
);

interface Json {
  readonly [name: string]: unknown;
}

/**
 * Without what differs between two standalone runs (this version walks maps in a random order, and numbers anew what
 * has no package URL), and without what this version's client does not send: maintainers, licences of copyright files,
 * and whether a package of a binary is indirect. Of AlmaLinux we tell the announcements, and newer ends of life.
 */
function comparable(report: string, format: string): unknown {
  if (format === 'table') return report;
  const names = new Map<string, string>();
  const drop = [
    'serialNumber',
    'ruleIndex',
    'timestamp',
    'CreatedAt',
    'Maintainer',
    'supplier',
    'Indirect',
    'EOSL',
  ];
  const isDebian = /"Type": "(?:debian|ubuntu)"|"value": "(?:debian|ubuntu)"/.test(report);
  const parsed = JSON.parse(report, function (this: Json, key, value: unknown) {
    if (drop.includes(key)) return undefined;
    if (key === 'VendorIDs' && Array.isArray(value) && String(value[0]).startsWith('ALSA-')) return undefined;
    if (isDebian && (key === 'Licenses' || key === 'licenses')) return undefined;
    if (key === 'bom-ref' && typeof value === 'string' && UUID.test(value))
      names.set(
        value,
        `${String(this['type'])} ${String(this['name'])} ${JSON.stringify(this['properties'])}`,
      );
    return value;
  }) as unknown;
  return sorted(parsed, names);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function sorted(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return names.get(value) ?? value;
  if (Array.isArray(value))
    return value
      .map((item) => sorted(item, names))
      .map((item) => [JSON.stringify(item), item] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, item]) => item);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, sorted(item, names)]));
}
