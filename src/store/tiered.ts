import { storeAccess } from '../base/channels.ts';
import { openByteLru } from './byte-lru.ts';
import { openPutAgain } from './put-again.ts';
import type { Store } from './store.ts';

/** Keys whose values say the same whenever they were written: only these are kept in front and in the large store. */
export interface ContentRule {
  readonly prefix: string;
  /** How long this process may give a value without asking whether it still is behind. */
  readonly frontSeconds: number;
}

export interface TieredOptions {
  /** For all keys; large values of content leave only a mark here. */
  readonly small: Store;
  readonly large?: {
    readonly store: Store;
    /** Values from this size on go there. */
    readonly fromBytes: number;
  };
  /** Of this process's memory; 0 for none. */
  readonly frontBytes: number;
  /** How the small and the large store are called in metrics. */
  readonly tierNames?: { readonly small: string; readonly large?: string };
  readonly content?: readonly ContentRule[];
  readonly now?: () => number;
}

/**
 * A layer's analysis and an inventory never age. A report has a time of its own, which cannot be seen from here when
 * another process has written it, so it is asked for again every minute.
 */
export const CONTENT_RULES: readonly ContentRule[] = [
  { prefix: 'layer/', frontSeconds: 3600 },
  { prefix: 'inventory/', frontSeconds: 3600 },
  { prefix: 'report/', frontSeconds: 60 },
  // What a caller's own programs sent, which they count on being there for what they ask next.
  { prefix: 'client/', frontSeconds: 3600 },
];

/** Lies in the small store in the place of a value that is in the large one. */
const MARK = Buffer.from('\0drydock: in the large store\0');
/** A mark that was lost and made anew does not know when its value ends; the large store does. */
const REMADE_MARK_SECONDS = 3600;
/** What was not in the large store is looked for there again after so long; a new value's mark is seen at once. */
const ABSENT_MS = 1000;
const MAX_ABSENT = 10_000;

/**
 * Memory of this process in front, a quick store for what is small, a wide one for what is large, as one store.
 * It gives what the tiers give: whether it throws when one of them fails is decided by what is put in.
 */
export function openTieredStore(options: TieredOptions): Store {
  const { small, large, content = CONTENT_RULES, now = Date.now } = options;
  const { small: smallName, large: largeName = 'objects' } = options.tierNames ?? { small: 'small' };
  const front = openByteLru(options.frontBytes, now);
  const absentFrom = new Map<string, number>();
  /** Readings under way, which others join. Who writes takes them out, so that none of them fills the front. */
  const readings = new Map<string, Promise<Uint8Array | undefined>>();

  /** Others must find what this process has learnt, even when their common store was away just then. */
  const again = openPutAgain({
    put: (key, value, ttlSeconds) => write(key, value, ttlSeconds === undefined ? {} : { ttlSeconds }),
  });

  const ruleOf = (key: string): ContentRule | undefined =>
    content.find(({ prefix }) => key.startsWith(prefix));

  async function findLarge(key: string, isMarked: boolean): Promise<Uint8Array | undefined> {
    if (!large || !ruleOf(key)) return undefined;
    const since = absentFrom.get(key);
    if (!isMarked && since !== undefined && now() - since < ABSENT_MS) return undefined;
    const value = await large.store.get(key);
    tellAccess(largeName, value !== undefined);
    if (value) {
      absentFrom.delete(key);
      if (!isMarked) await small.put(key, MARK, { ttlSeconds: REMADE_MARK_SECONDS, ifAbsent: true });
      return value;
    }
    if (absentFrom.size >= MAX_ABSENT) absentFrom.clear();
    absentFrom.set(key, now());
    return undefined;
  }

  async function findBehind(key: string): Promise<Uint8Array | undefined> {
    const value = await small.get(key);
    tellAccess(smallName, value !== undefined);
    if (value && !MARK.equals(value)) return value;
    return await findLarge(key, value !== undefined);
  }

  async function read(key: string, rule: ContentRule | undefined): Promise<Uint8Array | undefined> {
    if (!rule) return await findBehind(key);
    const underWay = readings.get(key);
    if (underWay) return await underWay;
    const reading = findBehind(key);
    readings.set(key, reading);
    try {
      const value = await reading;
      if (value && readings.get(key) === reading) front.set(key, value, rule.frontSeconds);
      return value;
    } finally {
      if (readings.get(key) === reading) readings.delete(key);
    }
  }

  function forget(key: string): void {
    front.delete(key);
    readings.delete(key);
    absentFrom.delete(key);
    again.forget(key);
  }

  async function write(key: string, value: Uint8Array, how: PutOptions): Promise<boolean> {
    const isLarge = large && ruleOf(key) && value.length >= large.fromBytes;
    if (!isLarge) return !MARK.equals(value) && (await small.put(key, value, how));
    return (await large.store.put(key, value, how)) && (await small.put(key, MARK, withoutCondition(how)));
  }

  return {
    async get(key) {
      const near = front.get(key);
      const rule = ruleOf(key);
      if (rule) tellAccess('memory', near !== undefined);
      return near ?? (await read(key, rule));
    },
    async put(key, value, how = {}) {
      const rule = ruleOf(key);
      forget(key);
      if (how.ifAbsent && rule && large && (await findBehind(key))) return false;
      const isPut = await write(key, value, how);
      forget(key);
      if (rule && !isPut && !how.ifAbsent) again.add(key, value, how.ttlSeconds);
      // What could not be kept behind still serves this process.
      if (rule && (isPut || !how.ifAbsent))
        front.set(key, value, Math.min(rule.frontSeconds, how.ttlSeconds ?? Infinity));
      return isPut;
    },
    async delete(key) {
      forget(key);
      await small.delete(key);
      if (ruleOf(key)) await large?.store.delete(key);
      forget(key);
    },
    async *keys(prefix) {
      const seen = new Set<string>();
      const isLarge = content.some(
        (rule) => rule.prefix.startsWith(prefix) || prefix.startsWith(rule.prefix),
      );
      for (const store of large && isLarge ? [small, large.store] : [small])
        for await (const key of store.keys(prefix)) {
          if (seen.has(key)) continue;
          seen.add(key);
          yield key;
        }
    },
    async [Symbol.asyncDispose]() {
      await again[Symbol.asyncDispose]();
      front.clear();
      await small[Symbol.asyncDispose]();
      await large?.store[Symbol.asyncDispose]();
    },
  };
}

function tellAccess(tier: string, hit: boolean): void {
  if (storeAccess.hasSubscribers) storeAccess.publish({ tier, hit });
}

type PutOptions = NonNullable<Parameters<Store['put']>[2]>;

function withoutCondition({ ttlSeconds }: PutOptions): PutOptions {
  return ttlSeconds === undefined ? {} : { ttlSeconds };
}
