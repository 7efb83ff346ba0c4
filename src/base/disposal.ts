/** Things to put away, the last first. Node 20 has no AsyncDisposableStack yet. */
export interface Disposal extends AsyncDisposable {
  use<T extends AsyncDisposable>(item: T): T;
  defer(end: () => void | Promise<void>): void;
}

/** One that fails does not keep the others from being put away; the first failure is thrown in the end. */
export function openDisposal(): Disposal {
  const ends: (() => void | Promise<void>)[] = [];
  return {
    use(item) {
      ends.push(async () => item[Symbol.asyncDispose]());
      return item;
    },
    defer: (end) => void ends.push(end),
    async [Symbol.asyncDispose]() {
      const failures: unknown[] = [];
      for (let end = ends.pop(); end; end = ends.pop()) {
        try {
          await end();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
