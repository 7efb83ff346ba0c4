import { unwatchFile, watchFile } from 'node:fs';

/**
 * Calls back when one of the files has changed, at most once for changes seen together. Looks at them now and then,
 * since a mounted secret is replaced by moving a link far above the file, of which no event tells.
 */
export function watchFiles(paths: readonly string[], intervalMs: number, onChange: () => void): Disposable {
  let isDue = false;
  const changed = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      onChange();
    });
  };
  for (const path of paths) watchFile(path, { interval: intervalMs, persistent: false }, changed);
  return {
    [Symbol.dispose]() {
      for (const path of paths) unwatchFile(path, changed);
    },
  };
}
