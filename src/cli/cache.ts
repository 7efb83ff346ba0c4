import { openCache } from '../wiring/cache.ts';
import type { Command } from './command.ts';
import { fieldLines, sizeText } from './field-lines.ts';
import { writeText } from './output.ts';

export const cacheStatusCommand: Command = async ({ host, loaded }) => {
  await using cache = openCache(loaded);
  const { entries, bytes } = await cache.status();
  const lines = fieldLines({ directory: cache.directory, entries, size: sizeText(bytes) });
  await writeText(host.stdout, lines);
  return 0;
};

export const cacheClearCommand: Command = async ({ loaded, trace }) => {
  await using cache = openCache(loaded);
  await cache.clear();
  trace('cache cleared', { directory: cache.directory });
  return 0;
};
