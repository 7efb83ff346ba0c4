import { notices } from '../base/channels.ts';
import { DrydockError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import type { Report } from '../model/report.ts';
import type { Run } from '../wiring/run.ts';
import { openScanning, type Scanning } from '../wiring/scanning.ts';
import { runOf, type Command, type Invocation } from './command.ts';
import { openOutput, refuseToOverwrite, type Output } from './output.ts';
import { errorDetails, errorLine, exitCodeOf, withoutLogins } from './print-error.ts';
import { readPassword } from './read-password.ts';
import { openTeller, type Teller } from './tell.ts';

/** Scans each image that was named. Whatever can be wrong with the request is told before anything is read. */
export const scanCommand: Command = async (invocation) => {
  const { args, loaded, host, screen, trace, signal } = invocation;
  const { config } = loaded;
  const teller = await openTeller(invocation);
  const password = await readPassword(config, args, host.stdin);
  if (password !== undefined) screen.hide(password);
  await using output = await openOutput(config.output, host.stdout);
  await using scanning = await openScans(runOf(invocation, password), args);
  await refuseToOverwrite(scanning.files, config.output);
  trace('parts opened');
  await scanning.prepareDatabase({ signal });
  trace('database ready');
  return args.length === 1
    ? await scanOne(args[0] ?? '', scanning, teller, output, invocation)
    : await scanEach(scanning, teller, output, invocation);
};

/** What a server does is loaded only for it. */
async function openScans(run: Run, images: readonly string[]): Promise<Scanning> {
  const { server, remotePull } = run.loaded.config;
  if (server === undefined) {
    if (remotePull) throw new DrydockError('USAGE_INVALID', '--remote-pull needs --server URL');
    return openScanning(run, images);
  }
  const { openRemoteScanning } = await import('../wiring/remote-scanning.ts');
  return openRemoteScanning(run, server, images);
}

async function scanOne(
  image: string,
  scanning: Scanning,
  teller: Teller,
  output: Output,
  { screen, signal, trace, loaded }: Invocation,
): Promise<number> {
  const report = await scanning.scan(image, { signal });
  if (!loaded.config.skipDbUpdate && loaded.config.dbPath === undefined) warnOfOldDatabase(report);
  const told = teller.tell(report);
  screen.clear();
  await output.write(told.pieces);
  trace('report told', { format: loaded.config.format, findings: told.findings });
  await output.commit();
  return exitCodeFor(report, told.findings, loaded.config);
}

/** One that fails does not keep the others from being scanned; the worst outcome is the exit code. */
async function scanEach(
  scanning: Scanning,
  teller: Teller,
  output: Output,
  invocation: Invocation,
): Promise<number> {
  const { args, screen, signal, loaded } = invocation;
  const codes: number[] = [];
  const failures: number[] = [];
  const held: Output = { ...output, commit: () => Promise.resolve() };
  for (const image of args) {
    try {
      codes.push(await scanOne(image, scanning, teller, held, invocation));
    } catch (error) {
      if (signal.aborted) throw error;
      screen.line(withoutLogins(`drydock: ${image}: ${errorLine(error)}`), 'bad');
      if (loaded.config.debug) for (const detail of errorDetails(error)) screen.line(detail, 'dim');
      failures.push(exitCodeOf(error));
    }
  }
  if (codes.length > 0) await output.commit();
  return Math.max(...(failures.length > 0 ? failures : codes));
}

function exitCodeFor(report: Report, findings: number, config: Config): number {
  if (report.endOfLife && config.exitOnEol > 0) return config.exitOnEol;
  return findings > 0 ? config.exitCode : 0;
}

const OLD_DATABASE_DAYS = 7;

function warnOfOldDatabase({ advisoryDbs, scannedAt }: Report): void {
  for (const { builtAt, sample } of advisoryDbs) {
    const days = Math.floor((Date.parse(scannedAt) - Date.parse(builtAt)) / 86_400_000);
    if (sample || !(days >= OLD_DATABASE_DAYS)) continue;
    notices.publish({
      code: 'DATABASE_OLD',
      message: `the advisory database is ${days} days old; newer findings are not known to it`,
    });
  }
}
