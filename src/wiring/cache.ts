import { join } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { openFileStore, type FileStore } from '../store/files.ts';

/** The remembered layers and results, whether or not scans may use them. */
export function openCache({ config }: LoadedConfig): FileStore & { readonly directory: string } {
  const directory = storeDirectory(config);
  return { ...openFileStore(directory), directory };
}

export function storeDirectory({ cacheDir }: Config): string {
  return join(cacheDir, 'store');
}
