import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../../base/errors.ts';
import { ProgramFailure, runProgram, type ProgramEnd } from '../../../base/run-program.ts';
import type { Signal } from '../../../base/signal.ts';
import type { ProgramScan, ProgramTarget } from '../../../model/scanner-registration.ts';
import type { RegistryCredential } from '../../../oci/credentials/credential.ts';
import { secretsOf } from '../registry-login.ts';
import { foreignWords } from '../foreign-words.ts';
import { ScannerFailure } from '../scanner.ts';
import { fillArguments, referenceOf, writesFile, type ProgramImage } from './program-arguments.ts';
import { handLogin } from './program-login.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';

/** What programs find around them. */
export interface ProgramPlace {
  /** Where the command is looked for, and what it may start. */
  readonly path: string;
  /** Kept between runs, for databases and the like: the program's home. */
  readonly stateFolder: string;
  /** In which a folder is made for each run. */
  readonly scratchFolder: string;
  /** Of the network; no logins. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProgramJob {
  /** Of its registration. */
  readonly name: string;
  readonly target: ProgramTarget;
  readonly scan: ProgramScan;
  readonly image: ProgramImage;
  readonly credential?: RegistryCredential | undefined;
  readonly plainHttp?: boolean;
  readonly timeoutMs: number;
}

const VERSION_TIMEOUT_MS = 20_000;
const MAX_VERSION_BYTES = 64 << 10;

/**
 * Runs a program once over one image, in a folder of its own that is gone afterwards.
 *
 * @returns what it has written, as it is
 * @throws ScannerFailure
 */
export async function runScan(job: ProgramJob, place: ProgramPlace, options: Signal): Promise<Uint8Array> {
  const { target, scan, image, credential, name } = job;
  const template = image.kind === 'layout' ? scan.layoutArguments : scan.arguments;
  if (!template)
    throw new ScannerFailure('UNSUPPORTED_ARTIFACT', `scanner ${name} reads images from registries only`);
  await using own = await scratch(place, job.timeoutMs);
  const folder = own.path;
  const output = join(folder, 'output');
  const host = image.kind === 'registry' ? image.host : '';
  const given = image.kind === 'registry' ? { reference: referenceOf(image) } : { layout: image.folder };
  const login = await handLogin(target.login, { credential, host, folder });
  const end = await run(job, {
    args: fillArguments(template, { ...given, output, state: place.stateFolder }),
    environment: environmentOf(place, folder, {
      ...filled(target.environment, place),
      ...(job.plainHttp === true && target.plainHttpEnvironment),
      ...login,
    }),
    folder,
    options,
  });
  return writesFile(template) ? await readOutput(output, target.maxOutputBytes, name) : end.result;
}

/** What a program says when it is asked for its version. @throws ScannerFailure */
export async function runVersion(
  { name, target }: Pick<ProgramJob, 'name' | 'target'>,
  place: ProgramPlace,
  options: Signal,
): Promise<string> {
  await using own = await scratch(place, VERSION_TIMEOUT_MS);
  const folder = own.path;
  try {
    const { result } = await runProgram(target.command, target.versionArguments, {
      ...options,
      environment: environmentOf(place, folder, filled(target.environment, place)),
      folder,
      timeoutMs: VERSION_TIMEOUT_MS,
      maxResultBytes: MAX_VERSION_BYTES,
    });
    return result.toString();
  } catch (error) {
    throw error instanceof ProgramFailure ? ofFault(error, name) : error;
  }
}

async function run(
  { name, target, credential, timeoutMs }: ProgramJob,
  {
    args,
    environment,
    folder,
    options,
  }: {
    args: readonly string[];
    environment: Readonly<Record<string, string>>;
    folder: string;
    options: Signal;
  },
): Promise<ProgramEnd> {
  const maxResultBytes = target.maxOutputBytes;
  try {
    const end = await runProgram(target.command, args, {
      ...options,
      environment,
      folder,
      timeoutMs,
      maxResultBytes,
    });
    if (end.code === 0 || target.goodExitCodes.includes(end.code)) return end;
    throw failed(end, name, secretsOf(credential));
  } catch (error) {
    throw error instanceof ProgramFailure ? ofFault(error, name) : error;
  }
}

async function scratch(place: ProgramPlace, timeoutMs: number): Promise<RunFolder> {
  await mkdir(place.stateFolder, { recursive: true, mode: 0o700 });
  return await openRunFolder(place.scratchFolder, timeoutMs);
}

/** Nothing of what is around this process gets through, as there are its own secrets. */
function environmentOf(
  place: ProgramPlace,
  folder: string,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = { PATH: place.path, HOME: place.stateFolder, TMPDIR: folder, LANG: 'C.UTF-8' };
  return { ...own, ...place.environment, ...more };
}

function filled(
  environment: Readonly<Record<string, string>>,
  { stateFolder }: ProgramPlace,
): Readonly<Record<string, string>> {
  const names = Object.keys(environment);
  const values = fillArguments(Object.values(environment), { state: stateFolder });
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}

// Neither something that leads elsewhere nor something that is waited at.
const HOW_TO_OPEN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

async function readOutput(path: string, maxBytes: number, name: string): Promise<Uint8Array> {
  try {
    await using file = await open(path, HOW_TO_OPEN);
    const found = await file.stat();
    if (!found.isFile()) throw noResult(name);
    if (found.size > maxBytes)
      throw new ScannerFailure('BACKEND_PROTOCOL', `scanner ${name} wrote more than it may`);
    const bytes = Buffer.alloc(found.size);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
    return bytes.subarray(0, bytesRead);
  } catch (cause) {
    throw hasErrno(cause, 'ENOENT', 'ELOOP', 'EACCES') ? noResult(name) : cause;
  }
}

function noResult(name: string): ScannerFailure {
  return new ScannerFailure('BACKEND_PROTOCOL', `scanner ${name} has written no result`);
}

function failed({ code, log }: ProgramEnd, name: string, secrets: readonly string[]): ScannerFailure {
  const lines = log.split('\n').filter((line) => line.trim() !== '');
  const worst = lines.findLastIndex((line) => /\b(?:fatal|error|failed)\b/i.test(line));
  const said = foreignWords(lines.slice(worst < 0 ? -3 : worst).join(' '), secrets);
  const tail = said === undefined ? '' : `: ${said}`;
  return new ScannerFailure('SCAN_FAILED', `scanner ${name} ended with ${code}${tail}`);
}

function ofFault({ fault, cause }: ProgramFailure, name: string): ScannerFailure {
  if (fault === 'late')
    return new ScannerFailure('SCAN_TIMEOUT', `scanner ${name} did not finish in its time`);
  if (fault === 'too-much')
    return new ScannerFailure('BACKEND_PROTOCOL', `scanner ${name} wrote more than it may`);
  return new ScannerFailure('BACKEND_UNAVAILABLE', `scanner ${name} cannot be run on this machine`, {
    cause,
  });
}
