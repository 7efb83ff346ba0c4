import type { Signal } from './signal.ts';

/** Lets so many through at once; the others wait in the order they came. */
export interface Limiter {
  /** Waits for a place. Whoever gets one must call what he is given, once or more often, to leave it. */
  enter(options: Signal): Promise<() => void>;
  run<T>(task: () => Promise<T>, options: Signal): Promise<T>;
}

export function limitTo(places: number): Limiter {
  let free = places;
  const waiting = new Set<() => void>();

  const leave = (): void => {
    const [next] = waiting;
    if (!next) {
      free++;
      return;
    }
    waiting.delete(next);
    next();
  };

  const enter = async ({ signal }: Signal): Promise<() => void> => {
    signal.throwIfAborted();
    if (free > 0) free--;
    else await turn(waiting, signal);
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };

  return {
    enter,
    async run(task, options) {
      const done = await enter(options);
      try {
        return await task();
      } finally {
        done();
      }
    },
  };
}

/** Resolves when this waiter is called; one that is called off gives up its turn. */
function turn(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const called = (): void => {
      signal.removeEventListener('abort', calledOff);
      resolve();
    };
    const calledOff = (): void => {
      waiting.delete(called);
      reject(signal.reason as Error);
    };
    waiting.add(called);
    signal.addEventListener('abort', calledOff, { once: true });
  });
}
