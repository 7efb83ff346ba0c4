import { readPassword } from './read-password.ts';
import { runOf, type Command, type Invocation } from './command.ts';

/** Serves until it is told to stop, which is not a failure. */
export const serveCommand: Command = async (invocation) => {
  const { screen, signal, host } = invocation;
  const { serve } = await import('../wiring/serve/serving.ts');
  await serve(await prepared(invocation), {
    signal,
    log: (line) => void host.stdout.write(line),
    onListening: (url) => screen.line(`drydock listens on ${url}`, 'dim'),
  });
  return 0;
};

/** Works until it is told to stop. */
export const workerCommand: Command = async (invocation) => {
  const { screen, signal } = invocation;
  const { workOn } = await import('../wiring/serve/serving.ts');
  const run = await prepared(invocation);
  await workOn(run, {
    signal,
    log: (message) => screen.line(message, 'bad'),
    onWorking: () => screen.line('drydock works', 'dim'),
  });
  return 0;
};

async function prepared(invocation: Invocation): Promise<ReturnType<typeof runOf>> {
  const { loaded, host, screen } = invocation;
  const { config } = loaded;
  const password = await readPassword(config, [], host.stdin);
  for (const secret of [password, config.token, config.storePassword, config.natsToken, config.s3SecretKey])
    if (secret !== undefined) screen.hide(secret);
  return runOf(invocation, password);
}
