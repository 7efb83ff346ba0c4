import type { Signal } from '../../base/signal.ts';

/** Does the same thing only once at a time: who comes while it is under way waits for that. */
export type SharedFlights<T> = (
  key: string,
  start: (options: Signal) => Promise<T>,
  options: Signal,
) => Promise<T>;

/** @param lifetime ends what is under way; one who waits and gives up ends it for himself only */
export function sharedFlights<T>(lifetime: AbortSignal): SharedFlights<T> {
  const flights = new Map<string, Promise<T>>();
  return async (key, start, { signal }) => {
    signal.throwIfAborted();
    const known = flights.get(key);
    if (known) return untilAborted(known, signal);
    const flight = start({ signal: lifetime }).finally(() => flights.delete(key));
    flights.set(key, flight);
    flight.catch(() => undefined); // those who wait are told; there may be none left
    return untilAborted(flight, signal);
  };
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const calledOff = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', calledOff, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', calledOff));
  });
}
