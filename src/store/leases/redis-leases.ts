import { createHash, randomUUID } from 'node:crypto';
import type { Leases } from '../leases.ts';
import { DEFAULT_PREFIX } from '../redis/redis-store.ts';
import type { Redis } from '../redis/redis.ts';
import { leasesFrom } from './held-leases.ts';
import type { Grip } from './keep-lease.ts';

/**
 * Keys: the lease, its fence. Arguments: token, time to live, how long the fence is remembered. The fence is one more
 * than the last, and no less than the server's time: so it grows even past a server that has lost its memory.
 */
const TAKE = `
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return false end
local time = redis.call('TIME')
local fence = time[1] * 1000 + math.floor(time[2] / 1000)
local last = tonumber(redis.call('GET', KEYS[2]) or 0) or 0
if fence <= last then fence = last + 1 end
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', ARGV[3])
return fence`;

const EXTEND = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

const RELEASE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`;

const FENCE_MEMORY_MS = 7 * 86_400_000;

/**
 * Leases among all who use a Redis. Only its own clock counts. When it is emptied or its master dies before a replica
 * has heard of a lease, two may hold one until the first holder's next sign of life: who cannot bear that looks at the
 * fence.
 */
export function openRedisLeases(redis: Redis, prefix: string = DEFAULT_PREFIX): Leases {
  return leasesFrom(async (name, ttlMs) => {
    const [lease, fenceKey] = keysOf(prefix, name);
    // The name is only there for people.
    const token = `${randomUUID()} ${name}`;
    const release = async (): Promise<void> => void (await redis.send('eval', RELEASE, 1, lease, token));
    const fence = await redis
      .send('eval', TAKE, 2, lease, fenceKey, token, ttlMs, FENCE_MEMORY_MS)
      .catch((error: unknown) => {
        // It may have been given all the same.
        void release().catch(() => undefined);
        throw error;
      });
    if (typeof fence !== 'number') return undefined;
    return {
      fence,
      extend: async (ms) => (await redis.send('eval', EXTEND, 1, lease, token, ms)) === 1,
      release,
    } satisfies Grip;
  });
}

/** The part in braces puts both on one node of a cluster. */
function keysOf(prefix: string, name: string): [lease: string, fence: string] {
  const place = createHash('sha256').update(name).digest('hex').slice(0, 40);
  return [`${prefix}lease:{${place}}`, `${prefix}fence:{${place}}`];
}
