import type { LoadedConfig } from '../config/load.ts';
import type { Run } from '../wiring/run.ts';
import type { Environment } from '../config/environment.ts';
import type { Trace } from './debug.ts';
import type { Screen } from './screen.ts';
import type { Look, TextStream } from './terminal.ts';

/** The process as the commands see it. Made in main.ts. */
export interface Host {
  readonly version: string;
  /** The script for layer threads; absent where the program was not built. */
  readonly layerWorker?: URL;
  /** The script for threads that renew reports; absent where the program was not built. */
  readonly rematchWorker?: URL;
  readonly env: Environment;
  readonly stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  readonly stdout: TextStream;
  readonly stderr: TextStream;
}

/** What a command is given. */
export interface Invocation {
  readonly host: Host;
  readonly args: readonly string[];
  readonly loaded: LoadedConfig;
  /** How standard output looks. */
  readonly look: Look;
  readonly screen: Screen;
  readonly trace: Trace;
  readonly signal: AbortSignal;
}

/** Answers with the exit code; failures are thrown. */
export type Command = (invocation: Invocation) => Promise<number>;

/** What the wiring needs to know of an invocation. */
export function runOf({ host, loaded }: Invocation, password?: string): Run {
  return {
    loaded,
    version: host.version,
    stdin: () => host.stdin,
    ...(host.layerWorker && { layerWorker: host.layerWorker }),
    ...(host.rematchWorker && { rematchWorker: host.rematchWorker }),
    ...(password !== undefined && { password }),
  };
}
