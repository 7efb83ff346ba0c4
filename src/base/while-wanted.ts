import type { Signal } from './signal.ts';

/** Settles as `task` does, or rejects with the signal's reason; the task goes on for others who wait for it. */
export function whileWanted<T>(task: Promise<T>, { signal }: Signal): Promise<T> {
  return new Promise((resolve, reject) => {
    const calledOff = (): void => reject(signal.reason as Error);
    if (signal.aborted) return calledOff();
    signal.addEventListener('abort', calledOff, { once: true });
    task.then(resolve, reject).finally(() => signal.removeEventListener('abort', calledOff));
  });
}
