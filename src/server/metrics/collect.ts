import {
  componentEnded,
  databaseSwapped,
  flightJoined,
  layerDone,
  scanFailed,
  scanFinished,
  scannerStep,
  storeAccess,
  type DatabaseSwapped,
  type FlightJoined,
  type LayerDone,
  type ScanFailed,
  type ScanFinished,
  type StoreAccess,
} from '../../base/channels.ts';
import type { ServerMetrics } from './metrics.ts';

const UNKNOWN = 'other';

/** Counts what crafts and journeys tell of themselves, until it is disposed of. */
export function collectFromChannels(metrics: ServerMetrics): Disposable {
  const onScan = ({ cached, seconds, source = UNKNOWN }: ScanFinished): void =>
    metrics.scanned({ result: cached ? 'cached' : 'scanned', source, seconds });
  const onFailure = ({ seconds, source = UNKNOWN }: ScanFailed): void =>
    metrics.scanned({ result: 'failed', source, seconds });
  const onLayer = (layer: LayerDone): void => metrics.layerDone(layer);
  const onStore = (access: StoreAccess): void => metrics.storeAsked(access);
  const onFlight = ({ what }: FlightJoined): void => metrics.flightJoined(what);
  const onSwap = ({ source }: DatabaseSwapped): void => metrics.databaseSwapped(source);
  const stops = [
    listen(scanFinished, onScan),
    listen(scanFailed, onFailure),
    listen(layerDone, onLayer),
    listen(storeAccess, onStore),
    listen(flightJoined, onFlight),
    listen(databaseSwapped, onSwap),
    listen(componentEnded, (component) => metrics.componentEnded(component)),
    listen(scannerStep, (step) => metrics.scannerStep(step)),
  ];
  return {
    [Symbol.dispose]() {
      for (const stop of stops) stop();
    },
  };
}

interface Listenable<T> {
  subscribe(listener: (message: T) => void): void;
  unsubscribe(listener: (message: T) => void): void;
}

function listen<T>(channel: Listenable<T>, listener: (message: T) => void): () => void {
  channel.subscribe(listener);
  return () => channel.unsubscribe(listener);
}
