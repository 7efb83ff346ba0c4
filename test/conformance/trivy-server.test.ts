import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layouts, realDatabase } from '../fixtures/images.ts';
import {
  comparable,
  hasTrivy,
  isWholeSweep,
  openTrivyClient,
  TRIVY_NEEDS,
  type TrivyClient,
} from '../fixtures/trivy-client.ts';
import { startTrivyServer } from '../fixtures/trivy-server.ts';

describe.skipIf(!hasTrivy)(
  `a real Trivy client's report is its own standalone one (${TRIVY_NEEDS}; DRYDOCK_TEST_ALL for all images)`,
  { timeout: isWholeSweep ? 900_000 : 180_000 },
  () => {
    let database: ReturnType<typeof realDatabase>;
    let client: TrivyClient;
    let server: Awaited<ReturnType<typeof startTrivyServer>>;

    beforeAll(async () => {
      database = realDatabase();
      client = openTrivyClient(database?.folder ?? '');
      server = await startTrivyServer(database?.folder ?? '');
    });
    afterAll(async () => {
      await server.close();
      client[Symbol.dispose]();
      database?.remove();
    });

    async function compare(name: string, format: string, flags: readonly string[]): Promise<void> {
      const wanted = ['--format', format, ...flags];
      const theirs = await client.alone(name, wanted);
      const ours = await client.run(name, [...wanted, '--server', server.url]);
      expect({ code: ours.code, errors: ours.code === 0 ? '' : ours.errors }).toEqual({
        code: theirs.code,
        errors: '',
      });
      expect(comparable(ours.report, format)).toEqual(comparable(theirs.report, format));
    }

    // Two images need the database of jars, which standalone Trivy does not do without either.
    const every = layouts(/^(?!debian12-java|big$)/);
    const few = layouts(/^(?:distroless-like|rpm-like)$/);
    test.each(isWholeSweep ? every : few)('%s: json, everything', (name) =>
      compare(name, 'json', ['--list-all-pkgs', '--scanners', 'vuln,secret,license']),
    );
    test.each(isWholeSweep ? every : layouts(/^alpine-3.18/))('%s: table', (name) =>
      compare(name, 'table', ['--scanners', 'vuln']),
    );
    const some = layouts(/^(?:debian12-(?:node-app|python)|alpine-3.18|go-binaries|rpm-like|rust)/);
    test.each(isWholeSweep ? some : [])('%s: json, plain', (name) => compare(name, 'json', []));
    // Of the others it tells something else with every run, or something that its client does not send.
    const steady = some.filter((name) => !/node-app|rust/.test(name));
    test.each(isWholeSweep ? steady : [])('%s: cyclonedx', (name) => compare(name, 'cyclonedx', []));
    test.each(isWholeSweep ? steady : layouts(/^go-binaries/))('%s: cyclonedx with vulnerabilities', (name) =>
      compare(name, 'cyclonedx', ['--scanners', 'vuln']),
    );
    test.each(isWholeSweep ? some : layouts(/^alpine-3.18/))('%s: sarif', (name) =>
      compare(name, 'sarif', []),
    );
    // Not every build of this version says why it fails; what it is told is tested at the door.
    test('a token that is wrong or right, and another prefix', async () => {
      const guarded = await startTrivyServer(database?.folder ?? '', { token: 'secret' });
      const code = async (url: string, token: string) =>
        (await client.run('rpm-like', ['--format', 'json', '--server', url, '--token', token])).code;
      try {
        const codes = await Promise.all([
          code(guarded.url, 'secret'),
          code(guarded.url, 'wrong'),
          code(`${guarded.url}/other`, 'secret'),
        ]);
        expect(codes).toEqual([0, 1, 1]);
      } finally {
        await guarded.close();
      }
    });
    test.each(isWholeSweep ? some : layouts(/^rust/))(
      '%s: libraries only, ignoring what is not fixed',
      (name) => compare(name, 'json', ['--vuln-type', 'library', '--ignore-unfixed', '--list-all-pkgs']),
    );
  },
);
