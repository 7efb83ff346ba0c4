import type { Command } from './command.ts';
import type { CommandSpec } from './commands.ts';

/** What carries out each command; loaded only when asked for, so that none waits for another's modules. */
const LOADERS: Readonly<Record<string, () => Promise<Command>>> = {
  scan: async () => (await import('./scan.ts')).scanCommand,
  convert: async () => (await import('./convert.ts')).convertCommand,
  diff: async () => (await import('./diff.ts')).diffCommand,
  sbom: async () => (await import('./sbom.ts')).sbomCommand,
  list: async () => (await import('./list.ts')).listCommand,
  'db update': async () => (await import('./db.ts')).updateCommand,
  'db status': async () => (await import('./db.ts')).statusCommand,
  'db import': async () => (await import('./db.ts')).importCommand,
  'db verify': async () => (await import('./db.ts')).verifyCommand,
  'cache status': async () => (await import('./cache.ts')).cacheStatusCommand,
  'cache clear': async () => (await import('./cache.ts')).cacheClearCommand,
  config: async () => (await import('./config.ts')).configCommand,
  completion: async () => (await import('./completion.ts')).completionCommand,
};

export async function loadCommand({ path }: CommandSpec): Promise<Command> {
  const load = LOADERS[path.join(' ')];
  if (!load) throw new Error(`nothing carries out "${path.join(' ')}"`);
  return load();
}
