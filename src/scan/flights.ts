import type { Signal } from '../base/signal.ts';

/** Work that several may ask for at the same time, by a name that says all that its outcome depends on. */
export interface Flight<T> {
  readonly name: string;
  /** Where it is made from: what is wrong there is wrong for nobody who makes it from elsewhere. */
  readonly origin: string;
  /** What somebody has made meanwhile. */
  readonly find: () => Promise<T | undefined>;
  readonly make: (options: Signal) => Promise<T>;
}

/** Sees to it that such work is done once, however many ask, here or in other processes. */
export interface Flights {
  run<T>(flight: Flight<T>, options: Signal): Promise<T>;
}

/** For a program that scans for one person: nobody else asks. */
export const alone: Flights = {
  run: ({ make }, options) => make(options),
};
