import type { LoadedConfig } from '../config/load.ts';

/** What stays the same for one run of the program. */
export interface Run {
  readonly loaded: LoadedConfig;
  readonly version: string;
  /** The script for layer threads; without it everything is read on one thread. */
  readonly layerWorker?: URL;
  /** The script for threads that renew reports; without it that is done where requests are answered. */
  readonly rematchWorker?: URL;
  /** Standard input, when asked for. */
  readonly stdin: () => AsyncIterable<Uint8Array>;
  /** Of the user that the settings name. */
  readonly password?: string;
}
