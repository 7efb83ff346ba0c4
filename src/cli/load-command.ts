import type { Command } from './command.ts';
import type { CommandSpec } from './commands.ts';

const REPORTING: ReadonlySet<string> = new Set(['scan', 'sbom', 'convert', 'diff']);

/** What carries out a command; only what it needs is loaded. */
export async function loadCommand({ path }: CommandSpec): Promise<Command> {
  const name = path.join(' ');
  const known: Readonly<Record<string, Command>> = REPORTING.has(name)
    ? (await import('./report-commands.ts')).reportCommands
    : (await import('./other-commands.ts')).otherCommands;
  const command = known[name];
  if (!command) throw new Error(`nothing carries out "${name}"`);
  return command;
}
