import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
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
const MISSING: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'ENOTDIR']);

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
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let fault: ProgramFault | undefined;
  const end = endWithGrace(child);
  const endFor = (why: ProgramFault): void => {
    fault ??= why;
    end();
  };
  const log = boundedLog();
  child.stderr.on('data', log.take);
  const result: Buffer[] = [];
  let length = 0;
  if (maxResultBytes === undefined) child.stdout.on('data', log.take);
  else
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxResultBytes) endFor('too-much');
      else result.push(chunk);
    });
  const timer = setTimeout(() => endFor('late'), timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await exitOf(child, program);
    signal.throwIfAborted();
    // Where it says why it failed comes last.
    if (fault === undefined) await Promise.all([drained(child.stdout), drained(child.stderr)]);
    signal.throwIfAborted();
    if (fault !== undefined) throw new ProgramFailure(fault, messageFor(fault, program, timeoutMs));
    return { code, log: log.text(), result: Buffer.concat(result) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    // Whatever it left behind in its group.
    kill(child, 'SIGKILL');
  }
}

function messageFor(fault: ProgramFault, program: string, timeoutMs: number): string {
  if (fault === 'late') return `${program} did not finish within ${Math.ceil(timeoutMs / 1000)} s`;
  return `${program} wrote more than it may`;
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const isMissing = MISSING.has(cause.code);
      const message = isMissing
        ? `there is no program ${program} that can be run`
        : `${program} cannot be run`;
      reject(new ProgramFailure(isMissing ? 'missing' : 'unusable', message, cause));
    });
    // Not "close": a grandchild may hold the streams open for ever.
    child.once('exit', (code, ending) => resolve(code ?? (ending === null ? 1 : 128)));
  });
}

/** What it wrote may still be in the pipe when it is gone; a grandchild shall not keep us waiting for it. */
const DRAIN_MS = 2000;

function drained(stream: Readable): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return Promise.resolve();
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

function endWithGrace(child: ChildProcess): () => void {
  return () => {
    kill(child, 'SIGTERM');
    setTimeout(() => kill(child, 'SIGKILL'), GRACE_MS).unref();
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
