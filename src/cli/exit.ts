import type { ErrorKind } from '../base/errors.ts';

/** What the program answers to its caller; 0 is done. `--exit-code` and `--exit-on-eol` choose their own. */
export const EXIT_CODES = {
  input: 2,
  missing: 3,
  denied: 4,
  upstream: 5,
  corrupt: 6,
  limit: 7,
  unsupported: 8,
  bug: 70,
} as const satisfies Record<ErrorKind, number>;

/** As shells count: 128 and the signal's number. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type StoppingSignal = keyof typeof SIGNAL_EXIT_CODES;
