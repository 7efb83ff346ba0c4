/** Opened when first asked for, closed only if it was. */
export function lazily<T extends AsyncDisposable>(
  open: () => Promise<T>,
): { get: () => Promise<T>; close: () => Promise<void> } {
  let opened: Promise<T> | undefined;
  return {
    get: () => (opened ??= open()),
    async close() {
      // One that could not be opened has said so to who asked for it.
      const value = await opened?.catch(() => undefined);
      await value?.[Symbol.asyncDispose]();
    },
  };
}
