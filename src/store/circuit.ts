import { DrydockError, messageOf } from '../base/errors.ts';
import { within } from './deadline.ts';

export interface CircuitOptions {
  /** Failures in a row after which nobody is sent there any more. */
  readonly maxFailures: number;
  /** An answer that takes longer is a failure. */
  readonly slowMs: number;
  /** While it is open, how often it is looked whether it works again. */
  readonly probeEveryMs: number;
  /** Asks for something harmless. */
  readonly probe: () => Promise<unknown>;
  /** Told when it opens, with the last error, and when it closes. */
  readonly onChange: (isOpen: boolean, error?: unknown) => void;
}

/** Keeps those away from something broken who would only wait for it. */
export interface Circuit extends Disposable {
  readonly isOpen: boolean;
  /** @throws DrydockError STORE_UNAVAILABLE at once while it is open; otherwise what `act` throws */
  run<T>(act: () => Promise<T>): Promise<T>;
}

/** It opens by failures of those who use it, and closes by a probe of its own, so that nobody has to try in vain. */
export function openCircuit(options: CircuitOptions): Circuit {
  const { maxFailures, slowMs, probeEveryMs, probe, onChange } = options;
  let failures = 0;
  let isOpen = false;
  let isDisposed = false;
  let timer: NodeJS.Timeout | undefined;
  let lastError: unknown;

  const slow = (): DrydockError =>
    new DrydockError('STORE_UNAVAILABLE', `a store gave no answer within ${slowMs} ms`);

  function note(error: unknown): void {
    lastError = error;
    if (isOpen || isDisposed || ++failures < maxFailures) return;
    isOpen = true;
    onChange(true, error);
    probeLater();
  }

  function probeLater(): void {
    timer = setTimeout(() => void tryProbe(), probeEveryMs).unref();
  }

  async function tryProbe(): Promise<void> {
    try {
      await within(slowMs, probe(), slow);
    } catch (error) {
      lastError = error;
      if (!isDisposed) probeLater();
      return;
    }
    if (isDisposed) return;
    isOpen = false;
    failures = 0;
    onChange(false);
  }

  return {
    get isOpen() {
      return isOpen;
    },
    async run(act) {
      if (isOpen)
        throw new DrydockError('STORE_UNAVAILABLE', `a store is not asked for now: ${messageOf(lastError)}`);
      try {
        const result = await within(slowMs, act(), slow);
        failures = 0;
        return result;
      } catch (error) {
        note(error);
        throw error;
      }
    },
    [Symbol.dispose]() {
      isDisposed = true;
      clearTimeout(timer);
    },
  };
}
