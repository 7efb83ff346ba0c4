import { performance } from 'node:perf_hooks';
import { notices, scannerStep } from '../../base/channels.ts';
import { isAbort } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Breaker } from './breaker.ts';
import { ScannerFailure, type Scanner } from './scanner.ts';

/** True for a failure that tells that nobody is there, or nobody who can answer. */
export function isOutage(error: unknown): boolean {
  return error instanceof ScannerFailure && error.code === 'BACKEND_UNAVAILABLE';
}

/** For whoever runs the place; whoever asked for the scan is told the same. */
function notice(error: unknown): void {
  if (error instanceof ScannerFailure)
    notices.publish({ code: 'SCANNER_FAILED', message: `${error.message} (${error.code})` });
}

/** By whoever asked; not because the scanner took too long. */
function isCalledOff(error: unknown, { signal }: Signal): boolean {
  if (error instanceof ScannerFailure && error.code === 'SCAN_TIMEOUT') return false;
  return signal.aborted || isAbort(error);
}

/** The scanner, counted, and left alone for a while when it does not answer. */
export function watchedScanner(scanner: Scanner, name: string, breaker: Breaker): Scanner {
  async function told<T>(
    step: 'submit' | 'report',
    act: () => Promise<T>,
    isEnd: (result: T) => boolean,
    options: Signal,
  ): Promise<T> {
    const begun = performance.now();
    const tell = (result: string): void => {
      scannerStep.publish({ scanner: name, step, result, seconds: (performance.now() - begun) / 1000 });
    };
    try {
      const result = await breaker.run(act, options);
      if (isEnd(result)) tell('ok');
      return result;
    } catch (error) {
      if (!isCalledOff(error, options)) {
        tell(error instanceof ScannerFailure ? error.code : 'INTERNAL');
        notice(error);
      }
      throw error;
    }
  }

  return {
    id: scanner.id,
    identity: (options) => scanner.identity(options),
    begin: (task, options) =>
      told(
        'submit',
        () => scanner.begin(task, options),
        () => true,
        options,
      ),
    look: (handle, task, options) =>
      told(
        'report',
        () => scanner.look(handle, task, options),
        ({ state }) => state === 'completed',
        options,
      ),
  };
}
