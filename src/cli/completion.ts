import type { Command } from './command.ts';
import { bashScript } from './completion/bash.ts';
import { fishScript } from './completion/fish.ts';
import { zshScript } from './completion/zsh.ts';
import { SHELLS } from './commands.ts';
import { writeText } from './output.ts';

const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], () => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completionCommand: Command = async ({ host, args }) => {
  const shell = SHELLS.find((known) => known === args[0]) ?? 'bash';
  await writeText(host.stdout, SCRIPTS[shell]());
  return 0;
};
