import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasDockerRegistry, startDockerRegistry, type DockerRegistry } from '../fixtures/docker-registry.ts';
import { hasRedis, startRedis, type RunningServer } from '../fixtures/redis-server.ts';
import { startRegistryProxy, type RegistryProxy } from '../fixtures/registry-proxy.ts';
import { startReplica, type Replica, type ToldScan } from '../fixtures/replica.ts';
import { pushImages, servedDatabase } from '../fixtures/served-images.ts';

const REPLICAS = 3;
/** For a machine that does much else. */
const SLOW = { timeout: 180_000 };

describe.skipIf(!hasDockerRegistry || !hasRedis)(
  'three replicas over one Redis (needs docker-registry and redis-server)',
  () => {
    let folder: string;
    let database: string;
    let registry: DockerRegistry;
    let proxy: RegistryProxy;
    let redis: RunningServer;
    let replicas: Replica[];

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'drydock-replicas-'));
      database = servedDatabase(folder, 50);
      registry = await startDockerRegistry();
    });
    afterAll(async () => {
      await registry[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });
    beforeEach(async () => {
      proxy = await startRegistryProxy(registry.host);
      redis = await startRedis();
      replicas = await Promise.all(
        Array.from({ length: REPLICAS }, (_, i) =>
          startReplica({
            args: [
              ...['--cache-dir', join(folder, `cache-${i}`), '--db-path', database, '--log-level', 'warn'],
              ...['--store', `redis://127.0.0.1:${redis.port}`],
            ],
          }),
        ),
      );
    });
    afterEach(async () => {
      for (const replica of replicas) {
        // A mistake that nobody caught, or a leak, would have been told there.
        expect(replica.stderr()).not.toMatch(/unhandled|warning/i);
        await replica.kill();
      }
      await redis.stop();
      await proxy[Symbol.asyncDispose]();
    });

    const sum = async (metric: string): Promise<number> => {
      const values = await Promise.all(replicas.map((replica) => replica.metric(metric)));
      return values.reduce((all, value) => all + value, 0);
    };

    async function ask(images: readonly string[]): Promise<ToldScan[]> {
      return await Promise.all(
        images.map((image, i) => (replicas[i % REPLICAS] as Replica).scan(`${proxy.host}/${image}`)),
      );
    }

    test('200 requests at once for one image read each layer once and judge once', SLOW, async () => {
      const { layers } = await pushImages(registry.host, 1, { repository: 'one' });
      proxy.layerDelayMs = 200;
      const scans = await ask(Array.from({ length: 200 }, () => 'one:v0'));
      expect(scans.filter(({ state }) => state === 'completed')).toHaveLength(200);
      const fetches = proxy.fetches();
      expect([...layers].map((digest) => fetches.get(digest))).toEqual([...layers].map(() => 1));
      expect(await sum('drydock_layers_total{result="read"}')).toBe(layers.size);
      expect(await sum('drydock_scans_total{result="scanned"}')).toBe(1);
      expect(await sum('drydock_scans_total{result="cached",source="api"}')).toBe(199);
      expect(await sum('drydock_flights_joined_total{what="report"}')).toBeGreaterThan(0);
      expect(await sum('drydock_store_requests_total{tier="redis",result="miss"}')).toBeGreaterThan(0);
      expect(await sum('drydock_store_requests_total{tier="redis",result="hit"}')).toBeGreaterThan(0);
      expect(await sum('drydock_store_requests_total{tier="memory",result="hit"}')).toBeGreaterThan(0);
      expect(scans.filter(({ cached }) => cached === false)).toHaveLength(1);
    });

    test('50 requests at once for images that share layers read each layer once', SLOW, async () => {
      const { layers, tags } = await pushImages(registry.host, 50, { repository: 'many' });
      proxy.layerDelayMs = 200;
      const scans = await ask(tags.map((tag) => `many:${tag}`));
      expect(scans.filter(({ state }) => state === 'completed')).toHaveLength(50);
      const fetches = proxy.fetches();
      expect([...layers].filter((digest) => fetches.get(digest) !== 1)).toEqual([]);
      expect(await sum('drydock_layers_total{result="read"}')).toBe(layers.size);
      expect(await sum('drydock_scans_total{result="scanned"}')).toBe(50);
    });
  },
);
