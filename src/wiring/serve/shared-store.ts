import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import { openDegradingStore, type DegradingStore } from '../../store/degrading.ts';
import { openFileStore } from '../../store/files.ts';
import { openFileLeases } from '../../store/leases/file-leases.ts';
import { openMemoryLeases } from '../../store/leases/memory-leases.ts';
import { openRedisLeases } from '../../store/leases/redis-leases.ts';
import type { Leases } from '../../store/leases.ts';
import { openMemoryStore } from '../../store/memory.ts';
import { openCircuit } from '../../store/circuit.ts';
import { openRedisTrivyCache } from '../../store/redis/redis-trivy-cache.ts';
import { openRedisStore } from '../../store/redis/redis-store.ts';
import type { RedisOptions, RedisTls } from '../../store/redis/redis-options.ts';
import { parseRedisUrl } from '../../store/redis/redis-url.ts';
import { openRedis } from '../../store/redis/redis.ts';
import type { Store } from '../../store/store.ts';
import { steadyTrivyCache } from '../../store/steady-trivy-cache.ts';
import { openTieredStore } from '../../store/tiered.ts';
import { openTrivyCache, type TrivyCache } from '../../store/trivy-cache.ts';
import { storeDirectory } from '../cache.ts';
import { openLargeStore } from './large-store.ts';

/** Where replicas keep what they share. */
export interface SharedStore extends AsyncDisposable {
  /** For what can be made again: it never throws. */
  readonly cache: Store;
  /** For what must not be lost: it throws when it cannot be read or written. */
  readonly records: Store;
  readonly catalog: Store;
  readonly leases: Leases;
  readonly trivyBlobs: TrivyCache;
  /** Several processes may share it, on several machines. */
  readonly isShared: boolean;
  health(): { readonly ok: boolean; readonly detail: string };
}

/** Jobs and what is known of images are small and must not be dropped to make room. */
const TRIVY_CIRCUIT = { maxFailures: 5, slowMs: 10_000, probeEveryMs: 1000 };
const ROOMY = { maxBytes: Infinity };

/** @throws DrydockError CONFIG_INVALID */
export async function openSharedStore(config: Config): Promise<SharedStore> {
  if (config.store === 'file') return await openFiles(config);
  if (config.store === 'memory') return await openMemory(config);
  return await openRedisBehind(config);
}

async function openFiles(config: Config): Promise<SharedStore> {
  const small = openFileStore(storeDirectory(config));
  const tiers = await behindFront(small, 'files', config);
  const records = openFileStore(join(config.cacheDir, 'jobs'), ROOMY);
  const catalog = openFileStore(join(config.cacheDir, 'catalog'), ROOMY);
  const leases = openFileLeases(join(config.cacheDir, 'leases'));
  return {
    cache: tiers.store,
    records,
    catalog,
    leases,
    trivyBlobs: openTrivyCache(small, { ttlSeconds: config.trivyCacheTtl }),
    isShared: false,
    health: () => tiers.health(['files']),
    async [Symbol.asyncDispose]() {
      await leases[Symbol.asyncDispose]();
      for (const store of [catalog, records, tiers.store]) await store[Symbol.asyncDispose]();
    },
  };
}

async function openMemory(config: Config): Promise<SharedStore> {
  const tiers = await behindFront(openMemoryStore(), 'process', config);
  const [records, catalog, blobs] = [openMemoryStore(), openMemoryStore(), openMemoryStore()];
  return {
    cache: tiers.store,
    records,
    catalog,
    leases: openMemoryLeases(),
    trivyBlobs: openTrivyCache(blobs, { ttlSeconds: config.trivyCacheTtl }),
    isShared: false,
    health: () => tiers.health(['memory']),
    [Symbol.asyncDispose]: () => tiers.store[Symbol.asyncDispose](),
  };
}

async function openRedisBehind(config: Config): Promise<SharedStore> {
  const redis = await openRedis(await redisOptions(config));
  const degrading = openDegradingStore(openRedisStore(redis), { name: 'redis' });
  const tiers = await behindFront(degrading.cache, 'redis', config);
  const leases = openRedisLeases(redis);
  const circuit = openCircuit({
    ...TRIVY_CIRCUIT,
    probe: () => redis.send('ping'),
    onChange: () => undefined, // the store's own is told
  });
  return {
    cache: tiers.store,
    records: degrading.strict,
    catalog: degrading.strict,
    leases,
    trivyBlobs: steadyTrivyCache(openRedisTrivyCache(redis, { ttlSeconds: config.trivyCacheTtl }), {
      circuit,
      bytes: config.storeFront * 2 ** 20,
    }),
    isShared: true,
    health: () => tiers.health([healthText('redis', degrading)], degrading.health().state === 'up'),
    async [Symbol.asyncDispose]() {
      circuit[Symbol.dispose]();
      await leases[Symbol.asyncDispose]();
      await tiers.store[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
}

interface Tiers {
  readonly store: Store;
  health(told: readonly string[], ok?: boolean): { readonly ok: boolean; readonly detail: string };
}

async function behindFront(small: Store, name: string, config: Config): Promise<Tiers> {
  const large = await openLargeStore(config);
  return {
    store: openTieredStore({
      small,
      frontBytes: config.storeFront * 2 ** 20,
      tierNames: { small: name },
      ...(large && { large: { store: large.cache, fromBytes: config.storeLargeFrom } }),
    }),
    health: (told, ok = true) => ({
      ok: ok && large?.health().state !== 'degraded',
      detail: [...told, ...(large ? [healthText('object storage', large)] : [])].join('; '),
    }),
  };
}

function healthText(name: string, store: DegradingStore): string {
  const { state, since, lastError } = store.health();
  if (state === 'up') return `${name} answers`;
  return `${name} does not answer since ${new Date(since).toISOString()}: ${lastError ?? ''}`;
}

async function redisOptions(config: Config): Promise<RedisOptions> {
  const tls = await tlsOf(config);
  const password = config.storePassword === undefined ? undefined : new Secret(config.storePassword);
  return parseRedisUrl(config.store, { ...(tls && { tls }), ...(password && { password }) });
}

async function tlsOf({ storeCa, storeCert, storeKey }: Config): Promise<RedisTls | undefined> {
  if (storeCa === undefined && storeCert === undefined) return undefined;
  return {
    ...(storeCa !== undefined && { ca: await readText(storeCa) }),
    ...(storeCert !== undefined && { cert: await readText(storeCert) }),
    ...(storeKey !== undefined && { key: await readText(storeKey) }),
  };
}

/** @throws DrydockError CONFIG_INVALID */
export async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  });
}
