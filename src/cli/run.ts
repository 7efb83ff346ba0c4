import { DrydockError } from '../base/errors.ts';
import { notices, type Notice } from '../base/channels.ts';
import { loadConfig, type LoadedConfig } from '../config/load.ts';
import { durationText } from '../config/duration.ts';
import type { Host } from './command.ts';
import { openTrace } from './debug.ts';
import { EXIT_CODES, SIGNAL_EXIT_CODES, type StoppingSignal } from './exit.ts';
import { loadCommand } from './load-command.ts';
import { writeText } from './output.ts';
import { errorDetails, errorLine, exitCodeOf } from './print-error.ts';
import { parseCommandLine, type CommandLine } from './program.ts';
import { showProgress } from './progress.ts';
import { openScreen, type Screen } from './screen.ts';
import { lookOf } from './terminal.ts';

/** How long a command that was called off may take to tidy up. */
const TIDY_MS = 5000;

/** Does what the command line says and answers with the exit code. Never throws. */
export async function run(argv: readonly string[], host: Host): Promise<number> {
  const screen = openScreen(host.stderr, lookOf(host.stderr, 'auto', host.env));
  let isDebug = argv.includes('--debug') || argv.includes('-d');
  try {
    const line = parseCommandLine(argv, host.version);
    if (line.kind === 'help') {
      await writeText(host.stdout, line.text);
      return argv.length === 0 ? EXIT_CODES.input : 0;
    }
    const loaded = await loadConfig(line.flags, host.env);
    isDebug = loaded.config.debug;
    return await perform(line, loaded, host);
  } catch (error) {
    tell(screen, error, isDebug);
    return exitCodeOf(error);
  }
}

function tell(screen: Screen, error: unknown, isDebug: boolean): void {
  screen.line(`drydock: ${errorLine(error)}`, 'bad');
  if (isDebug) for (const detail of errorDetails(error)) screen.line(detail, 'dim');
}

/** One command with everything around it: signals, time limit, progress, notices. */
async function perform(
  line: CommandLine & { kind: 'run' },
  loaded: LoadedConfig,
  host: Host,
): Promise<number> {
  const { config } = loaded;
  const screen = openScreen(host.stderr, lookOf(host.stderr, config.color, host.env));
  for (const secret of secretsOf(loaded)) screen.hide(secret);
  using told = openTrace(screen, config.debug);
  const service = line.command.isService ? config.shutdownGrace : undefined;
  using stop = openStop(service === undefined ? config.timeout : undefined, (service ?? 0) * 1000 + TIDY_MS);
  using _notices = config.quiet ? undefined : showNotices(screen, loaded);
  const isLive = screen.look.isTerminal && !config.quiet;
  using _progress = isLive ? showProgress(screen) : undefined;
  told.trace('settings read', { file: loaded.file ?? 'none' });
  try {
    const command = await loadCommand(line.command);
    const look = lookOf(host.stdout, config.color, host.env);
    return await command({
      host,
      args: line.args,
      loaded,
      look,
      screen,
      trace: told.trace,
      signal: stop.signal,
    });
  } catch (error) {
    const cause = stop.signal.aborted ? (stop.signal.reason as unknown) : error;
    tell(screen, cause, config.debug);
    return stop.code() ?? exitCodeOf(cause);
  }
}

/** Everything that must not be seen, whatever goes wrong. */
function secretsOf({ config, surroundings }: LoadedConfig): string[] {
  const proxies = [surroundings.proxy.http, surroundings.proxy.https].flatMap((proxy) => {
    const found = /^[a-z]+:\/\/[^/@]*:([^/@]*)@/i.exec(proxy ?? '')?.[1];
    return found === undefined ? [] : [found];
  });
  return [config.password, config.registryToken, ...proxies].filter((secret) => secret !== undefined);
}

interface Stop extends Disposable {
  readonly signal: AbortSignal;
  /** The exit code of the signal that came, if one did. */
  code(): number | undefined;
}

/** Aborts on Ctrl-C, on termination and when the time is up. A second Ctrl-C ends the process at once. */
function openStop(timeoutSeconds: number | undefined, tidyMs: number): Stop {
  const controller = new AbortController();
  let code: number | undefined;
  let watchdog: NodeJS.Timeout | undefined;
  const abort = (reason: DrydockError): void => {
    controller.abort(reason);
    watchdog ??= setTimeout(() => {
      process.stderr.write(`drydock: ${reason.message}\n`);
      process.exit(code ?? exitCodeOf(reason));
    }, tidyMs).unref();
  };
  const onSignal = (name: StoppingSignal): void => {
    if (code !== undefined) process.exit(code);
    code = SIGNAL_EXIT_CODES[name];
    abort(new DrydockError('CANCELLED', `stopped by ${name === 'SIGINT' ? 'Ctrl-C' : name}`));
  };
  const late = (): void =>
    abort(
      new DrydockError('TIMED_OUT', `not done after ${durationText(timeoutSeconds ?? 0)}`, {
        hint: 'Raise --timeout.',
      }),
    );
  const timer = timeoutSeconds === undefined ? undefined : setTimeout(late, timeoutSeconds * 1000).unref();
  const names = Object.keys(SIGNAL_EXIT_CODES) as StoppingSignal[];
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    code: () => code,
    [Symbol.dispose]() {
      for (const name of names) process.off(name, onSignal);
      clearTimeout(timer);
      clearTimeout(watchdog);
    },
  };
}

function showNotices(screen: Screen, { warnings }: LoadedConfig): Disposable {
  const show = ({ message }: Notice): void => screen.line(`note: ${message}`, 'dim');
  for (const message of warnings) show({ code: 'SETTING_UNKNOWN', message });
  notices.subscribe(show);
  return { [Symbol.dispose]: () => notices.unsubscribe(show) };
}
