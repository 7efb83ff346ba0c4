import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { images, layouts, realDatabase } from '../fixtures/images.ts';
import { cli, hasRedis, startRedis, type RunningServer } from '../fixtures/redis-server.ts';
import { startReplica, type Replica } from '../fixtures/replica.ts';
import { startRoundRobinProxy, type RoundRobinProxy } from '../fixtures/round-robin-proxy.ts';
import {
  comparable,
  hasTrivy,
  isWholeSweep,
  openTrivyClient,
  TRIVY_NEEDS,
  type TrivyClient,
} from '../fixtures/trivy-client.ts';

const FLAGS = ['--format', 'json', '--list-all-pkgs', '--scanners', 'vuln,secret'];
/** Small, and of ten layers. */
const IMAGE = 'distroless-like';
// Two images need the database of jars, which standalone Trivy does not do without either.
const names = layouts(isWholeSweep ? /^(?!debian12-java|big$)/ : /^distroless-like$/);

describe.skipIf(!hasTrivy || !hasRedis)(
  `replicas behind one address (${TRIVY_NEEDS}, redis-server; DRYDOCK_TEST_ALL for all images)`,
  { timeout: isWholeSweep ? 900_000 : 180_000 },
  () => {
    let database: ReturnType<typeof realDatabase>;
    let folder: string;
    let client: TrivyClient;
    let redis: RunningServer;
    let started = 0;

    beforeAll(async () => {
      database = realDatabase();
      folder = database?.folder ?? '';
      client = openTrivyClient(folder);
      redis = await startRedis();
    });
    afterAll(async () => {
      await redis.stop();
      client[Symbol.dispose]();
      database?.remove();
    });
    beforeEach(() => void cli(redis.port, 'flushall'));

    const redisUrl = (): string => `redis://127.0.0.1:${redis.port}`;
    function replica(...args: string[]): Promise<Replica> {
      const cache = join(folder, `cache-${++started}`);
      const shared = ['--db-path', folder, '--store', redisUrl(), '--log-level', 'warn'];
      return startReplica({ args: ['--cache-dir', cache, ...shared, ...args] });
    }

    /** The report by way of the address is the one without any server. */
    async function compare(name: string, { url }: RoundRobinProxy, ...flags: string[]): Promise<void> {
      const theirs = await client.alone(name, FLAGS);
      const ours = await client.run(name, [...FLAGS, '--server', url, ...flags]);
      expect({ ...ours, report: '', errors: ours.code === 0 ? '' : ours.errors }).toEqual({
        code: theirs.code,
        report: '',
        errors: '',
      });
      expect(comparable(ours.report, 'json')).toEqual(comparable(theirs.report, 'json'));
    }
    const answeredBy = ({ answered }: RoundRobinProxy, method: string): number[] =>
      [...new Set(answered.filter((one) => one.method === method).map(({ by }) => by))].sort();

    describe("two of Drydock's", () => {
      let replicas: Replica[];
      let proxy: RoundRobinProxy;
      const token = ['--token', 'secret'];
      beforeAll(async () => {
        replicas = await Promise.all([replica(...token), replica(...token)]);
        proxy = await startRoundRobinProxy(replicas.map(({ url }) => url));
      });
      afterAll(async () => {
        await proxy[Symbol.asyncDispose]();
        for (const one of replicas) await one[Symbol.asyncDispose]();
      });
      beforeEach(() => void proxy.answered.splice(0));

      test.each(names)('%s: requests in turn give the report of one', async (name) => {
        await compare(name, proxy, ...token);
        if (layersOf(name) > 1) expect(answeredBy(proxy, 'PutBlob')).toEqual([0, 1]);
      });

      test('a wrong token opens none of them', async () => {
        const flags = [...FLAGS, '--server', proxy.url, '--token', 'wrong'];
        const { code, report } = await client.run(IMAGE, flags);
        expect({ code, report }).toEqual({ code: 1, report: '' });
      });

      test('one that is killed between a PutBlob and the Scan is not missed', async () => {
        proxy.choose = () => 0;
        proxy.before = async (method) => {
          if (method === 'Scan') await replicas[0]?.kill();
        };
        await compare(IMAGE, proxy, ...token);
        expect([answeredBy(proxy, 'PutBlob'), answeredBy(proxy, 'Scan')]).toEqual([[0], [1]]);
      });
    });

    describe("one of Drydock's and a real Trivy server", () => {
      let ours: Replica;
      let theirs: Awaited<ReturnType<TrivyClient['serve']>>;
      let proxy: RoundRobinProxy;
      beforeAll(async () => {
        ours = await replica();
        theirs = await client.serve(['--cache-backend', redisUrl()]);
        proxy = await startRoundRobinProxy([ours.url, theirs.url]);
      });
      afterAll(async () => {
        await proxy[Symbol.asyncDispose]();
        await theirs.stop();
        await ours[Symbol.asyncDispose]();
      });
      beforeEach(() => {
        proxy.answered.splice(0);
        proxy.choose = undefined;
      });
      const [OURS, THEIRS] = [0, 1];

      test.each(isWholeSweep ? names : [])('%s: requests in turn', (name) => compare(name, proxy));

      test.each([
        ['Trivy scans what Drydock was given', OURS, THEIRS],
        ['Drydock scans what Trivy was given', THEIRS, OURS],
      ])('%s, and asks for none of it again', async (_, given, scans) => {
        let turn = 0;
        proxy.choose = (method) => (method === 'PutBlob' ? given : method === 'Scan' ? scans : turn++);
        await compare(IMAGE, proxy);
        expect([answeredBy(proxy, 'PutBlob'), answeredBy(proxy, 'Scan')]).toEqual([[given], [scans]]);
        const keys = cli(redis.port, 'keys', 'fanal::blob::*').split('\n').filter(Boolean);
        expect(keys).toHaveLength(layersOf(IMAGE));

        proxy.answered.splice(0);
        proxy.choose = () => scans;
        await compare(IMAGE, proxy);
        expect(proxy.answered.map(({ method }) => method)).not.toContain('PutBlob');
      });
    });
  },
);

function layersOf(name: string): number {
  const layout = join(images ?? '', name);
  const read = (path: string): unknown => JSON.parse(readFileSync(join(layout, path), 'utf8'));
  const { manifests } = read('index.json') as { manifests: readonly { digest: string }[] };
  const manifest = read(join('blobs', ...(manifests[0]?.digest ?? '').split(':')));
  return (manifest as { layers?: readonly unknown[] }).layers?.length ?? 0;
}
