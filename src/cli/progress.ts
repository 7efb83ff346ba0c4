import {
  databaseProgress,
  layerDone,
  layerProgress,
  type DatabaseProgress,
  type LayerDone,
  type LayerProgress,
} from '../base/channels.ts';
import type { Screen } from './screen.ts';

const REDRAW_MS = 80;
const BARS_MAX = 8;
const BAR_CHARS = 28;
const LABEL_CHARS = 14;

interface Bar {
  readonly label: string;
  readonly done: number;
  readonly total: number;
}

/**
 * Draws what is being read until it is disposed. Drawn when news come, at most every 80 ms: no timer runs.
 * Only for terminals.
 */
export function showProgress(screen: Screen, now: () => number = () => performance.now()): Disposable {
  const bars = new Map<string, Bar>();
  let drawnAt = -Infinity;

  function redraw(): void {
    if (now() - drawnAt < REDRAW_MS) return;
    drawnAt = now();
    screen.show([...bars.values()].slice(0, BARS_MAX).map(barText));
  }

  function finish(key: string): void {
    bars.delete(key);
    if (bars.size === 0) screen.clear();
    else redraw();
  }

  const onLayer = ({ digest, readBytes, sizeBytes }: LayerProgress): void => {
    bars.set(digest, { label: shortDigest(digest), done: readBytes, total: sizeBytes });
    redraw();
  };
  const onLayerDone = ({ digest }: LayerDone): void => finish(digest);
  const onDatabase = ({ source, receivedBytes, totalBytes, done }: DatabaseProgress): void => {
    if (done) return finish(source);
    bars.set(source, { label: 'database', done: receivedBytes, total: totalBytes });
    redraw();
  };

  layerProgress.subscribe(onLayer);
  layerDone.subscribe(onLayerDone);
  databaseProgress.subscribe(onDatabase);
  return {
    [Symbol.dispose]() {
      layerProgress.unsubscribe(onLayer);
      layerDone.unsubscribe(onLayerDone);
      databaseProgress.unsubscribe(onDatabase);
      screen.clear();
    },
  };
}

function barText({ label, done, total }: Bar): string {
  const share = total > 0 ? Math.min(1, done / total) : 0;
  const full = Math.round(share * BAR_CHARS);
  const bar = '━'.repeat(full) + '─'.repeat(BAR_CHARS - full);
  return `${label.padEnd(LABEL_CHARS)}${bar} ${megabytes(done).padStart(7)} of ${megabytes(total)} MB`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

/** The twelve digits by which people know a layer. */
function shortDigest(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1).slice(0, 12);
}
