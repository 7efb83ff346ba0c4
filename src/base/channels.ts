import { channel, type Channel } from 'node:diagnostics_channel';

/** Compressed bytes of a layer that have been read so far. */
export interface LayerProgress {
  readonly digest: string;
  readonly readBytes: number;
  readonly sizeBytes: number;
}

/** A layer's end: read and analyzed, or already known. */
export interface LayerDone {
  readonly digest: string;
  readonly sizeBytes: number;
  readonly cached: boolean;
}

/** An advisory database on its way here. */
export interface DatabaseProgress {
  readonly source: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  readonly done: boolean;
}

/** Something a person may want to know at once (a retry, a fall-over). Not an error. */
export interface Notice {
  readonly code: string;
  readonly message: string;
}

/** A finished scan, for metrics. */
export interface ScanFinished {
  readonly image: string;
  readonly seconds: number;
  readonly cached: boolean;
  /** By which way it was asked for: `trivy`, `harbor`, … One of a few words, never a name. */
  readonly source?: string;
}

/** A scan that came to no report. */
export interface ScanFailed {
  /** The kind of the error (`ErrorKind`). */
  readonly kind: string;
  readonly seconds: number;
  readonly source?: string;
}

/** A look into one tier of the store (`memory`, `files`, `redis`, …). */
export interface StoreAccess {
  readonly tier: string;
  readonly hit: boolean;
}

/** Somebody wanted what was just being made for somebody else, and waits for that. */
export interface FlightJoined {
  /** What is made: `layer`, `image`, … One of a few words, never a name. */
  readonly what: string;
}

/** A server judges by another database from now on. */
export interface DatabaseSwapped {
  readonly source: string;
  readonly digest: string;
}

/** Another scanner was given a scan, or has come to an end with one. */
export interface ScannerStep {
  /** Of its registration. */
  readonly scanner: string;
  readonly step: 'submit' | 'report';
  /** `ok`, or the code of the failure. */
  readonly result: string;
  readonly seconds: number;
}

/** A part of a scan of several types has come to an end. */
export interface ComponentEnded {
  /** What its report is about: `vulnerability`, `bill`, … One of a few words. */
  readonly type: string;
  readonly result: 'completed' | 'cached' | 'failed' | 'aborted';
  /** Name of a registration, or `drydock`. */
  readonly scanner: string;
}

interface TypedChannel<T> {
  readonly hasSubscribers: boolean;
  publish(message: T): void;
  subscribe(listener: (message: T) => void): void;
  unsubscribe(listener: (message: T) => void): void;
}

function typed<T>(name: string): TypedChannel<T> {
  const inner: Channel = channel(name);
  const listeners = new Map<(message: T) => void, (message: unknown) => void>();
  return {
    get hasSubscribers() {
      return inner.hasSubscribers;
    },
    publish: (message) => inner.publish(message),
    subscribe(listener) {
      const wrapped = (message: unknown): void => listener(message as T);
      listeners.set(listener, wrapped);
      inner.subscribe(wrapped);
    },
    unsubscribe(listener) {
      const wrapped = listeners.get(listener);
      if (wrapped) inner.unsubscribe(wrapped);
      listeners.delete(listener);
    },
  };
}

/** Crafts and journeys publish here; doors (progress bar, log, metrics) listen. */
export const layerProgress = typed<LayerProgress>('drydock:layer:progress');
export const layerDone = typed<LayerDone>('drydock:layer:done');
export const databaseProgress = typed<DatabaseProgress>('drydock:database:progress');
export const notices = typed<Notice>('drydock:notice');
export const scanFinished = typed<ScanFinished>('drydock:scan:finished');
export const scanFailed = typed<ScanFailed>('drydock:scan:failed');
export const storeAccess = typed<StoreAccess>('drydock:store:access');
export const flightJoined = typed<FlightJoined>('drydock:flight:joined');
export const databaseSwapped = typed<DatabaseSwapped>('drydock:database:swapped');
export const scannerStep = typed<ScannerStep>('drydock:scanner:step');
export const componentEnded = typed<ComponentEnded>('drydock:component:ended');
