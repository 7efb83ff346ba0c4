import { isIPv6 } from 'node:net';

export interface RateLimitOptions {
  /** Requests that may come at once after a time of silence. */
  readonly burst: number;
  readonly perSecond: number;
  /** Clients that are kept in mind; the one silent for longest is forgotten for a new one. */
  readonly maxClients?: number;
}

/** A bucket of requests for each client, filled at a steady rate. */
export interface RateLimit {
  /** Takes one out. 0: there was one; otherwise the seconds until there is. */
  take(client: string): number;
}

interface Bucket {
  left: number;
  at: number;
}

const DEFAULT_MAX_CLIENTS = 20_000;

export function openRateLimit(options: RateLimitOptions, now: () => number = Date.now): RateLimit {
  const { burst, perSecond, maxClients = DEFAULT_MAX_CLIENTS } = options;
  const buckets = new Map<string, Bucket>();
  return {
    take(client) {
      const at = now();
      const known = buckets.get(client);
      const left = known
        ? Math.min(burst, known.left + (Math.max(0, at - known.at) / 1000) * perSecond)
        : burst;
      const taken = left >= 1;
      // Written anew at the end: the first in the map is the one silent for longest.
      buckets.delete(client);
      buckets.set(client, { left: taken ? left - 1 : left, at });
      const [oldest] = buckets.keys();
      if (buckets.size > maxClients && oldest !== undefined) buckets.delete(oldest);
      return taken ? 0 : (1 - left) / perSecond;
    },
  };
}

/** The client of an address: with IPv6 the network of a household, in which there are addresses without end. */
export function clientOfAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = address.replace(/%.*$/, '').toLowerCase();
  if (plain.startsWith('::ffff:') && plain.includes('.')) return plain.slice('::ffff:'.length);
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(Math.max(0, missing)).fill('0'), ...(tail ? tail.split(':') : [])];
  return `${all.slice(0, 4).join(':')}::/64`;
}
