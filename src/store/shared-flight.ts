import { DrydockError, isAbort } from '../base/errors.ts';
import { sleep } from '../base/retry.ts';
import type { Signal } from '../base/signal.ts';
import type { Lease, Leases } from './leases.ts';

/** Something that many may want at once and one has to make. */
export interface Flight<T> {
  /** Who asks under one name wants the same. */
  readonly name: string;
  /** Looks whether it is there already. */
  readonly find: (options: Signal) => Promise<T | undefined>;
  /** Makes it, and puts it where `find` finds it. The signal is aborted when nobody waits any more. */
  readonly make: (options: Signal) => Promise<T>;
  /** After a maker died, for so long at most nobody else begins. */
  readonly ttlSeconds: number;
  /** Of this caller alone. */
  readonly signal: AbortSignal;
  /**
   * Where it is made from. What is missing or damaged there is so for all who would make it from there, and for nobody
   * else.
   */
  readonly origin?: string;
  /** Told once when somebody else is at it, in this process or another. */
  readonly onJoin?: () => void;
}

export interface SharedFlight {
  /** @throws what `find` and `make` throw; the reason of the signal */
  run<T>(flight: Flight<T>): Promise<T>;
}

interface UnderWay {
  readonly result: Promise<unknown>;
  readonly origin: string | undefined;
  /** Waits for the result until its own signal is aborted. */
  join(signal: AbortSignal): Promise<unknown>;
}

const FIRST_LOOK_MS = 25;
const LATER_LOOKS_MS = 250;
const LOOK_GROWTH = 1.5;
/** Who lost its lease so often would lose the next one too. */
const MAX_LOST = 3;

/**
 * Has a thing made once, however many want it, in however many processes.
 *
 * @param leases undefined, or not available: once in each process
 */
export function openSharedFlight(leases: Leases | undefined): SharedFlight {
  const flights = new Map<string, UnderWay>();

  function start<T>(flight: Flight<T>): UnderWay {
    const calledOff = new AbortController();
    let waiting = 0;
    let isOver = false;
    const result = lead(flight, leases, calledOff.signal).finally(leave);
    function leave(): void {
      isOver = true;
      if (flights.get(flight.name) === underWay) flights.delete(flight.name);
    }
    const underWay: UnderWay = {
      result,
      origin: flight.origin,
      async join(signal) {
        waiting++;
        try {
          return await until(result, signal);
        } finally {
          if (--waiting === 0 && !isOver) {
            // Who comes now begins anew, and does not share the fate of what is called off.
            leave();
            calledOff.abort(new DOMException('nobody waits for it any more', 'AbortError'));
          }
        }
      },
    };
    flights.set(flight.name, underWay);
    return underWay;
  }

  return {
    async run<T>(flight: Flight<T>): Promise<T> {
      const { name, signal, origin } = flight;
      signal.throwIfAborted();
      const tellOnce = once(flight.onJoin);
      for (;;) {
        const underWay = flights.get(name);
        if (!underWay) return (await start({ ...flight, onJoin: tellOnce }).join(signal)) as T;
        tellOnce();
        try {
          return (await underWay.join(signal)) as T;
        } catch (error) {
          if (signal.aborted || isShared(error, underWay.origin === origin)) throw error;
          // The maker had bad luck that we may not have: of those who waited, the next one tries.
        }
      }
    },
  };
}

/** True for an error that this caller would meet too. Another one's login, and his luck, are not his. */
function isShared(error: unknown, isSameOrigin: boolean): boolean {
  if (!(error instanceof DrydockError)) return !isAbort(error);
  if (error.kind === 'upstream' || error.kind === 'denied') return false;
  const isOfThePlace = error.kind === 'missing' || error.kind === 'corrupt' || error.kind === 'input';
  return isSameOrigin || !isOfThePlace;
}

/** Among the processes: finds it, makes it under the lease, or waits for who does. */
async function lead<T>(flight: Flight<T>, leases: Leases | undefined, signal: AbortSignal): Promise<T> {
  let lookMs = FIRST_LOOK_MS;
  for (let losses = 0; ;) {
    const known = await find(flight, signal);
    if (known !== undefined) return known;
    const taken = await take(flight, leases);
    if (taken === 'unavailable') return await flight.make({ signal });
    if (taken !== undefined) {
      const made = await makeUnder(taken, flight, signal);
      if (made !== 'lost') return made.value;
      if (++losses >= MAX_LOST)
        throw new DrydockError('LEASE_LOST', `the lease of ${flight.name} was lost ${losses} times`);
      continue;
    }
    flight.onJoin?.();
    await sleep(lookMs * (0.75 + Math.random() / 2), { signal });
    lookMs = Math.min(LATER_LOOKS_MS, lookMs * LOOK_GROWTH);
  }
}

async function makeUnder<T>(
  lease: Lease,
  flight: Flight<T>,
  signal: AbortSignal,
): Promise<'lost' | { readonly value: T }> {
  await using _ = lease;
  // The last holder may have made it between our look and our lease.
  const known = await find(flight, signal);
  if (known !== undefined) return { value: known };
  try {
    return { value: await flight.make({ signal: AbortSignal.any([signal, lease.lost]) }) };
  } catch (error) {
    if (lease.lost.aborted && !signal.aborted) return 'lost';
    throw error;
  }
}

async function find<T>({ find }: Flight<T>, signal: AbortSignal): Promise<T | undefined> {
  signal.throwIfAborted();
  try {
    return await find({ signal });
  } catch (error) {
    if (isUnavailable(error)) return undefined; // then it is made, which is all that can be done
    throw error;
  }
}

async function take(
  { name, ttlSeconds }: Flight<unknown>,
  leases: Leases | undefined,
): Promise<Lease | undefined | 'unavailable'> {
  if (!leases) return 'unavailable';
  try {
    return await leases.take(name, { ttlSeconds });
  } catch (error) {
    if (isUnavailable(error)) return 'unavailable';
    throw error;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DrydockError && error.code === 'STORE_UNAVAILABLE';
}

function until<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const calledOff = (): void => reject(signal.reason as Error);
    if (signal.aborted) calledOff();
    signal.addEventListener('abort', calledOff, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', calledOff));
  });
}

function once(act: (() => void) | undefined): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act?.();
    isDone = true;
  };
}
