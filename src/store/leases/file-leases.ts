import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Leases } from '../leases.ts';
import { leasesFrom } from './held-leases.ts';
import { monotonic, type Grip } from './keep-lease.ts';
import {
  newToken,
  placeClaim,
  readClaim,
  readClaims,
  removeClaim,
  replaceClaim,
  sweepClaims,
  type Claim,
  type ClaimPlace,
} from './lease-files.ts';

export interface FileLeaseOptions {
  /** All processes that share the folder must go by one clock: those of one machine do. */
  readonly now?: () => number;
}

/** A holder does not extend in the last part of its time, in which others may already look. */
const CLOSED_SHARE = 0.1;
const FENCE_STEP_MS = 1000;
/** Once in so many takings, one of 256 folders is rid of what the dead have left. */
const SWEEP_EVERY = 64;
/** Two can stand in each other's way; then both step back. */
const MAX_TRIES = 5;
/** Claims of clocks that were turned back; more of them are not waited for. */
const MAX_WATCHED = 10_000;

/**
 * Leases among the processes of one machine that share a folder, any of which may be killed at any moment.
 *
 * A holder is who has placed a claim when no other was live. A claim is a file of its own that only its holder writes,
 * and of two who claim at once the later one to look sees the other: no lock is needed that somebody could die with.
 */
export function openFileLeases(directory: string, { now = Date.now }: FileLeaseOptions = {}): Leases {
  const isLive = watchClaims(now);
  let takings = 0;

  return leasesFrom(async (name, ttlMs) => {
    if (++takings % SWEEP_EVERY === 0)
      await sweepClaims(join(directory, randomBytes(1).toString('hex')), now());
    const hex = createHash('sha256').update(name).digest('hex');
    const place = { folder: join(directory, hex.slice(0, 2), hex.slice(2)), name };
    try {
      for (let tries = 1; tries <= MAX_TRIES; tries++) {
        const claim = await tryClaim(place, ttlMs);
        if (claim === 'held') return undefined;
        if (claim !== 'disputed') return gripOf(place, claim);
        await sleep(Math.random() * 10 * tries);
      }
      return undefined;
    } catch (cause) {
      const message = `leases cannot be kept in ${directory}: ${messageOf(cause)}`;
      throw new DrydockError('STORE_UNAVAILABLE', message, { cause });
    }
  });

  async function tryClaim(place: ClaimPlace, ttlMs: number): Promise<Claim | 'held' | 'disputed'> {
    // Read before the claims are: one that is over by it cannot be extended any more.
    const before = now();
    const claims = await readClaims(place);
    if (claims.some((claim) => isLive(place, claim, before))) return 'held';
    const fence = Math.max((claims.at(-1)?.fence ?? 0) + 1, oldestFence(now()));
    const claim = { fence, token: newToken(), ttlMs, expiresAt: now() + ttlMs };
    if (!(await placeClaim(place, claim))) return 'disputed';
    // Those with a higher one, of which nothing is left, may have come and gone meanwhile.
    if ((await isAlone(place, claim)) && fence >= oldestFence(now())) {
      for (const { fence: old } of claims) await removeClaim(place, old);
      return claim;
    }
    await removeClaim(place, fence);
    return 'disputed';
  }

  /** True for the highest claim, when no other is live. */
  async function isAlone(place: ClaimPlace, own: Claim): Promise<boolean> {
    const before = now();
    const claims = await readClaims(place);
    const others = claims.filter(({ token }) => token !== own.token);
    return claims.at(-1)?.token === own.token && !others.some((claim) => isLive(place, claim, before));
  }

  function gripOf(place: ClaimPlace, first: Claim): Grip {
    let claim = first;
    const isOurs = async (): Promise<boolean> => (await readClaim(place, claim.fence)).token === claim.token;
    return {
      fence: first.fence,
      async extend(ttlMs) {
        const isOpen = now() < claim.expiresAt - claim.ttlMs * CLOSED_SHARE;
        if (!isOpen || !(await isOurs())) return false;
        const next = { ...claim, ttlMs, expiresAt: now() + ttlMs };
        await replaceClaim(place, next);
        // A process that was stopped in between may have written after its time.
        if (now() < claim.expiresAt && (await isAlone(place, next))) {
          claim = next;
          return true;
        }
        await removeClaim(place, claim.fence);
        return false;
      },
      async release() {
        if (!(await isOurs())) return;
        if (claim.fence < oldestFence(now())) await removeClaim(place, claim.fence);
        else await replaceClaim(place, { ...claim, expiresAt: 0 });
      },
    };
  }
}

/**
 * No fence that is given now is lower: so a claim that is older than that can be removed, and the next fence is higher
 * all the same. Coarse, so that those who claim at once strive for one fence, which only one of them gets.
 */
function oldestFence(now: number): number {
  return Math.floor(now / FENCE_STEP_MS) * FENCE_STEP_MS;
}

/**
 * A claim that ends later than it could at all was made before the clock was turned back. It is live as long as it is
 * seen to change.
 */
function watchClaims(now: () => number): (place: ClaimPlace, claim: Claim, at: number) => boolean {
  const watched = new Map<string, { readonly expiresAt: number; readonly seenAt: number }>();
  return ({ folder }, { token, ttlMs, expiresAt }, at) => {
    if (expiresAt <= at) return false;
    if (expiresAt - now() <= ttlMs) return true;
    const id = `${folder}/${token}`;
    const before = watched.get(id);
    if (before?.expiresAt === expiresAt) return monotonic() - before.seenAt < ttlMs;
    if (watched.size >= MAX_WATCHED) watched.clear();
    watched.set(id, { expiresAt, seenAt: monotonic() });
    return true;
  };
}
