import { DrydockError } from '../../base/errors.ts';
import type { Lease, Leases } from '../leases.ts';
import { keepLease, monotonic, type Grip, type KeptLease } from './keep-lease.ts';

/** @returns undefined while somebody else holds it */
export type Grasp = (name: string, ttlMs: number) => Promise<Grip | undefined>;

const LEAST_TTL_MS = 100;
/** A day: whoever dies with one keeps all others waiting for that long. */
const MOST_TTL_MS = 86_400_000;
const MAX_NAME_LENGTH = 4096;

/** Leases of a backend that can grasp one. Those that are held when it is disposed of are given back. */
export function leasesFrom(grasp: Grasp): Leases {
  const held = new Set<KeptLease>();
  return {
    async take(name, { ttlSeconds }): Promise<Lease | undefined> {
      const ttlMs = Math.round(ttlSeconds * 1000);
      if (!(ttlMs >= LEAST_TTL_MS && ttlMs <= MOST_TTL_MS) || name.length > MAX_NAME_LENGTH)
        throw new DrydockError(
          'INTERNAL',
          `a lease of ${ttlSeconds} s and ${name.length} characters was asked for`,
        );
      const askedAt = monotonic();
      const grip = await grasp(name, ttlMs);
      if (!grip) return undefined;
      const lease: KeptLease = keepLease(grip, { name, ttlMs, askedAt, onEnd: () => held.delete(lease) });
      held.add(lease);
      return lease;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...held].map((lease) => lease.revoke()));
    },
  };
}
