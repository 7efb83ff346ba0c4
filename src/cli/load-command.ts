import type { Command } from './command.ts';
import type { CommandSpec } from './commands.ts';

const SERVICES: ReadonlySet<string> = new Set(['serve', 'worker']);
const REPORTING: ReadonlySet<string> = new Set(['scan', 'sbom', 'convert', 'diff']);

/** What carries out a command; only what it needs is loaded. */
export async function loadCommand({ path }: CommandSpec): Promise<Command> {
  const name = path.join(' ');
  const known = await commandsWith(name);
  const command = known[name];
  if (!command) throw new Error(`nothing carries out "${name}"`);
  return command;
}

async function commandsWith(name: string): Promise<Readonly<Record<string, Command>>> {
  if (name === 'compare') return { compare: (await import('./compare.ts')).compareCommand };
  if (name === 'patch') return { patch: (await import('./patch.ts')).patchCommand };
  if (SERVICES.has(name)) return (await import('./service-commands.ts')).serviceCommands;
  if (REPORTING.has(name)) return (await import('./report-commands.ts')).reportCommands;
  return (await import('./other-commands.ts')).otherCommands;
}
