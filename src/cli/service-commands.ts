import type { Command } from './command.ts';
import { serveCommand, workerCommand } from './serve.ts';

/** What runs until it is stopped. */
export const serviceCommands: Readonly<Record<string, Command>> = {
  serve: serveCommand,
  worker: workerCommand,
};
