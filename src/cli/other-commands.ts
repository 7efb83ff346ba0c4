import { cacheClearCommand, cacheStatusCommand } from './cache.ts';
import type { Command } from './command.ts';
import { completionCommand } from './completion.ts';
import { configCommand } from './config.ts';
import { importCommand, statusCommand, updateCommand, verifyCommand } from './db.ts';
import { listCommand } from './list.ts';

/** What looks after the program itself. */
export const otherCommands: Readonly<Record<string, Command>> = {
  list: listCommand,
  'db update': updateCommand,
  'db status': statusCommand,
  'db import': importCommand,
  'db verify': verifyCommand,
  'cache status': cacheStatusCommand,
  'cache clear': cacheClearCommand,
  config: configCommand,
  completion: completionCommand,
};
