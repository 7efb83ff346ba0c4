/**
 * Settles as `task` does, or rejects with what `late` makes when so much time has passed. The task itself goes on;
 * nobody hears of it any more.
 */
export function within<T>(ms: number, task: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    // A thread that was busy finds its timers due before it has read what came in meanwhile: one more look at that.
    const timer = setTimeout(() => setImmediate(() => reject(late())), ms);
    task.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
