/**
 * Does what must not be left undone when the process is ended without another look at what it waits for: by a second
 * Ctrl-C, or because putting things away took too long. Whoever comes last is served first.
 *
 * @param act cannot wait for anything
 */
export function atExit(act: () => void): Disposable {
  raiseLimit(1); // so many are meant
  process.prependOnceListener('exit', act);
  return {
    [Symbol.dispose]() {
      process.off('exit', act);
      raiseLimit(-1);
    },
  };
}

function raiseLimit(by: 1 | -1): void {
  const limit = process.getMaxListeners();
  if (limit > 0) process.setMaxListeners(Math.max(1, limit + by)); // 0 is none
}
