import { limitTo, type Limiter } from '../../base/limit.ts';
import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';

/** How many requests a host gets at once, and when it wants none at all. */
export interface HostGates {
  /** Waits until the host may be asked; whoever was let in calls what he is given when the answer has been read. */
  enter(host: string, options: Signal): Promise<() => void>;
  /** Holds back everyone who has not been let in yet. */
  pause(host: string, ms: number): void;
}

interface Gate {
  readonly places: Limiter;
  closedUntil: number;
}

/** @param places requests at once per host; an answer that is still being read counts */
export function openHostGates(places: number, now: () => number = Date.now): HostGates {
  const gates = new Map<string, Gate>();
  const gateOf = (host: string): Gate => {
    const gate = gates.get(host) ?? { places: limitTo(places), closedUntil: 0 };
    gates.set(host, gate);
    return gate;
  };
  return {
    async enter(host, options) {
      const gate = gateOf(host);
      const leave = await gate.places.enter(options);
      try {
        for (let ms = gate.closedUntil - now(); ms > 0; ms = gate.closedUntil - now())
          await sleep(ms, options);
        return leave;
      } catch (error) {
        leave();
        throw error;
      }
    },
    pause(host, ms) {
      const gate = gateOf(host);
      gate.closedUntil = Math.max(gate.closedUntil, now() + ms);
    },
  };
}
