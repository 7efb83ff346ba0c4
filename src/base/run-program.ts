import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { atExit } from './at-exit.ts';
import { hasErrno } from './errors.ts';
import type { Signal } from './signal.ts';

export interface ProgramRun extends Signal {
  /** All that it sees of ours. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly timeoutMs: number;
  /** Of what it writes to standard output so much is taken, apart from what it tells of itself; absent: none. */
  readonly maxResultBytes?: number;
}

export interface ProgramEnd {
  readonly code: number;
  /** The end of what it wrote, of both streams together where no result was asked for. */
  readonly log: string;
  /** Standard output, where it was asked for. */
  readonly result: Buffer;
}

/** Why a program came to no end of its own. */
export type ProgramFault = 'missing' | 'unusable' | 'late' | 'too-much';

export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
  readonly fault: ProgramFault;

  constructor(fault: ProgramFault, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.fault = fault;
  }
}

const MAX_LOG_BYTES = 256 << 10;
/** Between asking it to end and ending it. */
const GRACE_MS = 5000;

/**
 * Runs a program in a process group of its own, so that what it starts ends with it, without a shell and with nothing
 * to read.
 *
 * @throws ProgramFailure; the signal's reason
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { signal, environment, folder, timeoutMs, maxResultBytes }: ProgramRun,
): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = start(program, args, { environment, folder });
  // Before anything else, as what it fails with at once would be thrown at everybody.
  const exit = exitOf(child, program);
  let fault: ProgramFault | undefined;
  using end = endWithGrace(child);
  const endFor = (why: ProgramFault): void => {
    fault ??= why;
    end.begin();
  };
  const log = boundedLog();
  child.stderr?.on('data', log.take);
  const result: Buffer[] = [];
  let length = 0;
  if (maxResultBytes === undefined) child.stdout?.on('data', log.take);
  else
    child.stdout?.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxResultBytes) endFor('too-much');
      else result.push(chunk);
    });
  const timer = setTimeout(() => endFor('late'), timeoutMs);
  signal.addEventListener('abort', end.begin, { once: true });
  try {
    const code = await exit;
    signal.throwIfAborted();
    // Where it says why it failed comes last.
    if (fault === undefined) await Promise.all([drained(child.stdout), drained(child.stderr)]);
    signal.throwIfAborted();
    if (fault !== undefined) throw new ProgramFailure(fault, messageFor(fault, program, timeoutMs));
    return { code, log: log.text(), result: Buffer.concat(result) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end.begin);
    // Whatever it left behind in its group.
    kill(child, 'SIGKILL');
  }
}

/** @throws ProgramFailure */
function start(
  program: string,
  args: readonly string[],
  { environment, folder }: Pick<ProgramRun, 'environment' | 'folder'>,
): ChildProcess {
  try {
    return spawn(program, args, {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // What is wrong with an argument or a variable is told with its value, which may be a login.
    throw unstartable(program, error instanceof Error && 'syscall' in error ? error : undefined);
  }
}

function unstartable(program: string, cause: Error | undefined): ProgramFailure {
  return hasErrno(cause, 'ENOENT', 'EACCES', 'ENOTDIR')
    ? new ProgramFailure('missing', `there is no program ${program} that can be run`, cause)
    : new ProgramFailure('unusable', `${program} cannot be run`, cause);
}

function messageFor(fault: ProgramFault, program: string, timeoutMs: number): string {
  if (fault === 'late') return `${program} did not finish within ${Math.ceil(timeoutMs / 1000)} s`;
  return `${program} wrote more than it may`;
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(unstartable(program, cause)));
    // Not "close": a grandchild may hold the streams open for ever.
    child.once('exit', (code, ending) => resolve(code ?? (ending === null ? 1 : 128)));
  });
}

/** What it wrote may still be in the pipe when it is gone; a grandchild shall not keep us waiting for it. */
const DRAIN_MS = 2000;

function drained(stream: Readable | null): Promise<void> {
  if (!stream || stream.readableEnded || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, DRAIN_MS);
    function done(): void {
      clearTimeout(timer);
      resolve();
    }
    stream.once('close', done);
    stream.once('end', done);
  });
}

/** Asks it to end, once, and ends it a while later; at once where this process is ended itself. */
function endWithGrace(child: ChildProcess): Disposable & { readonly begin: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const exit = atExit(() => kill(child, 'SIGKILL'));
  return {
    begin() {
      if (timer) return;
      kill(child, 'SIGTERM');
      timer = setTimeout(() => kill(child, 'SIGKILL'), GRACE_MS).unref();
    },
    [Symbol.dispose]() {
      exit[Symbol.dispose]();
      clearTimeout(timer); // its number may be somebody else's by then
    },
  };
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // nobody is left
  }
}

/** Keeps the end, where programs say why they failed. */
function boundedLog(): { readonly take: (chunk: Buffer) => void; readonly text: () => string } {
  let kept: Buffer[] = [];
  let bytes = 0;
  return {
    take(chunk) {
      kept.push(chunk);
      bytes += chunk.length;
      if (bytes <= 2 * MAX_LOG_BYTES) return;
      kept = [Buffer.concat(kept).subarray(-MAX_LOG_BYTES)];
      bytes = MAX_LOG_BYTES;
    },
    text: () => Buffer.concat(kept).subarray(-MAX_LOG_BYTES).toString(),
  };
}
