import type { Lease } from '../leases.ts';

/** What a backend gives to who has got a lease. */
export interface Grip {
  readonly fence: number;
  /**
   * False when somebody else holds it, or nobody does.
   *
   * @throws what the backend throws when it cannot be asked
   */
  extend(ttlMs: number): Promise<boolean>;
  /** Lets go of what is still held. */
  release(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  readonly ttlMs: number;
  /** When the backend was asked for it, on {@link monotonic}. Its own time began no earlier. */
  readonly askedAt: number;
  /** Told when the holder has let go of it. */
  readonly onEnd?: () => void;
}

/** A lease that is known to everybody who has one of these, so that it can be given back with all others. */
export interface KeptLease extends Lease {
  /** Gives it back, and tells its holder that it is gone. */
  revoke(): Promise<void>;
}

/** Clocks of two machines run at slightly different speeds: we stop a little before the others may begin. */
const SAFETY_SHARE = 0.02;
const BEATS_PER_TTL = 3;
/** After a beat that could not be sent, until the next. */
const RETRY_SHARE = 0.08;

/** Milliseconds on a clock that nobody sets. */
export const monotonic = (): number => performance.now();

/**
 * Keeps a lease alive until it is disposed of. It is lost as soon as somebody else has it, or when it could not be
 * extended for so long that somebody else may have it. The timers keep no process alive.
 */
export function keepLease(grip: Grip, { name, ttlMs, askedAt, onEnd }: KeepOptions): KeptLease {
  const lost = new AbortController();
  let isEnded = false;
  let beat: NodeJS.Timeout | undefined;
  let end: NodeJS.Timeout | undefined;

  const trustUntil = (from: number): void => {
    clearTimeout(end);
    end = setTimeout(lose, Math.max(0, from + ttlMs * (1 - SAFETY_SHARE) - monotonic())).unref();
  };
  const beatIn = (ms: number): void => {
    if (!isEnded) beat = setTimeout(() => void extend(), ms).unref();
  };

  function stop(): boolean {
    if (isEnded) return false;
    isEnded = true;
    clearTimeout(beat);
    clearTimeout(end);
    onEnd?.();
    return true;
  }

  function lose(): void {
    if (stop()) lost.abort(new Error(`the lease of ${name} could not be kept`));
  }

  async function extend(): Promise<void> {
    const from = monotonic();
    try {
      if (!(await grip.extend(ttlMs))) return lose();
      if (isEnded) return;
      trustUntil(from);
      beatIn(ttlMs / BEATS_PER_TTL);
    } catch {
      beatIn(ttlMs * RETRY_SHARE); // lost only when the time is over
    }
  }

  async function release(): Promise<void> {
    if (stop()) await grip.release().catch(() => undefined); // it ends by itself
  }

  trustUntil(askedAt);
  beatIn(ttlMs / BEATS_PER_TTL);
  return {
    name,
    fence: grip.fence,
    lost: lost.signal,
    async revoke() {
      const isHeld = !isEnded;
      await release();
      if (isHeld) lost.abort(new Error(`the lease of ${name} was given back`));
    },
    [Symbol.asyncDispose]: release,
  };
}
