import { createHash } from 'node:crypto';
import { frame, unframe } from '../frame.ts';
import type { Store } from '../store.ts';
import { escapeGlob } from './escape-glob.ts';
import type { Redis } from './redis.ts';

export interface RedisStoreOptions {
  /** In front of every key, so that several may share a server. */
  readonly prefix?: string;
  /** Larger values are not kept. */
  readonly maxValueBytes?: number;
}

export const DEFAULT_PREFIX = 'drydock:';
const DEFAULT_MAX_VALUE_BYTES = 32 << 20;
/** Beyond any longest time that the server can count with. */
const FOR_EVER_MS = 1e14;
/** Of keys that were already given while listing; beyond it one may come twice. */
const MAX_REMEMBERED_KEYS = 1_000_000;

/** Puts a value where a dead one lies, if that has not been replaced meanwhile. */
const REPLACE_DEAD = `
local kind = redis.call('TYPE', KEYS[1])['ok']
if kind == 'string' and redis.sha1hex(redis.call('GETRANGE', KEYS[1], 0, ARGV[3])) ~= ARGV[2] then
  return 0
end
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
end
return 1`;

/** What lies under a key. `dead`: damaged, of another key, or no text at all. */
type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'dead'; readonly bytes: Uint8Array }
  | { readonly kind: 'live'; readonly value: Uint8Array };

/**
 * Keeps values in Redis. When they expire is judged by the server, so that clocks need not agree. What is damaged there
 * is as good as absent. The connection stays open when the store is disposed of.
 *
 * Every method throws DrydockError STORE_UNAVAILABLE; see `degrading.ts` for one that does not.
 */
export function openRedisStore(redis: Redis, options: RedisStoreOptions = {}): Store {
  const { prefix = DEFAULT_PREFIX, maxValueBytes = DEFAULT_MAX_VALUE_BYTES } = options;
  /** Of a frame: the name within it may be as long as the value is short. */
  const maxBytes = maxValueBytes + 65_536;

  async function find(key: string): Promise<Found> {
    // Unlike GET it has a bound, and is as quick.
    const bytes = await redis.send('getrange', prefix + key, 0, maxBytes);
    if (!Buffer.isBuffer(bytes)) return { kind: 'dead', bytes: Buffer.alloc(0) };
    if (bytes.length === 0) return { kind: 'absent' };
    const entry = unframe(bytes);
    return entry?.key === key ? { kind: 'live', value: entry.value } : { kind: 'dead', bytes };
  }

  async function replaceDead(key: string, content: Buffer, ttlMs: number | undefined): Promise<boolean> {
    const found = await find(key);
    if (found.kind === 'live') return false;
    const seen = found.kind === 'dead' ? found.bytes : Buffer.alloc(0);
    const sha1 = createHash('sha1').update(seen).digest('hex');
    const args = [content, sha1, maxBytes, ttlMs ?? ''];
    return (await redis.send('eval', REPLACE_DEAD, 1, prefix + key, ...args)) === 1;
  }

  return {
    async get(key) {
      const found = await find(key);
      return found.kind === 'live' ? found.value : undefined;
    },
    async put(key, value, { ttlSeconds, ifAbsent = false } = {}) {
      const content = frame({ key, value, expiresAt: Infinity });
      if (value.length > maxValueBytes || content.length > maxBytes) return false;
      const ttlMs = toTtlMs(ttlSeconds);
      const expiry = ttlMs === undefined ? [] : ['PX', ttlMs];
      const condition = ifAbsent ? ['NX'] : [];
      const answer = await redis.send('set', prefix + key, content, ...expiry, ...condition);
      return answer !== null || (await replaceDead(key, content, ttlMs));
    },
    async delete(key) {
      await redis.send('del', prefix + key);
    },
    async *keys(start) {
      const seen = new Set<string>();
      for await (const found of redis.scan(`${escapeGlob(prefix + start)}*`)) {
        if (!found.startsWith(prefix + start) || seen.has(found)) continue;
        if (seen.size < MAX_REMEMBERED_KEYS) seen.add(found);
        yield found.slice(prefix.length);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // the connection belongs to who opened it
  };
}

/** Undefined: for ever. The server takes no time that is already over. */
function toTtlMs(ttlSeconds: number | undefined): number | undefined {
  if (ttlSeconds === undefined || !(ttlSeconds * 1000 < FOR_EVER_MS)) return undefined;
  return Math.max(1, Math.ceil(ttlSeconds * 1000));
}
