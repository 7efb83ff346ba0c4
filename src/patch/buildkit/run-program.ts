import { spawn, type ChildProcess } from 'node:child_process';
import { DrydockError, hasErrno } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';

export interface ProgramRun extends Signal {
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  readonly timeoutMs: number;
  /** Must not be seen in what it writes. */
  readonly secrets?: readonly string[];
}

export interface ProgramEnd {
  readonly code: number;
  /** The end of what it wrote, both streams together. */
  readonly log: string;
}

const MAX_LOG_BYTES = 256 << 10;
/** Between asking it to end and ending it. */
const GRACE_MS = 5000;

/**
 * Runs a program in a process group of its own, so that what it starts ends with it.
 *
 * @throws DrydockError ENGINE_UNAVAILABLE where there is no such program, TIMED_OUT; the signal's reason
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  run: ProgramRun,
): Promise<ProgramEnd> {
  const { signal, environment, folder, timeoutMs, secrets = [] } = run;
  signal.throwIfAborted();
  const child = spawn(program, args, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = boundedLog(child);
  let isLate = false;
  const end = endWithGrace(child);
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, timeoutMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const code = await exitOf(child, program);
    signal.throwIfAborted();
    if (isLate) {
      throw new DrydockError(
        'TIMED_OUT',
        `${program} did not finish within ${Math.ceil(timeoutMs / 1000)} s`,
      );
    }
    return { code, log: redacted(log(), secrets) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    // Whatever it left behind in its group.
    kill(child, 'SIGKILL');
  }
}

function exitOf(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      const isMissing = hasErrno(cause, 'ENOENT', 'EACCES', 'ENOTDIR');
      reject(
        isMissing
          ? new DrydockError('ENGINE_UNAVAILABLE', `there is no program ${program} that can be run`, {
              hint: 'Install copa 0.12 or later (https://project-copacetic.github.io), or use the embedded engine.',
              cause,
            })
          : new DrydockError('ENGINE_FAILED', `${program} cannot be run`, { cause }),
      );
    });
    // Not "close": a grandchild may hold the streams open for ever.
    child.once('exit', (code, ending) => resolve(code ?? (ending === null ? 1 : 128)));
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
function boundedLog(child: ChildProcess): () => string {
  let kept: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    kept.push(chunk);
    bytes += chunk.length;
    if (bytes <= 2 * MAX_LOG_BYTES) return;
    kept = [Buffer.concat(kept).subarray(-MAX_LOG_BYTES)];
    bytes = MAX_LOG_BYTES;
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return () => Buffer.concat(kept).subarray(-MAX_LOG_BYTES).toString();
}

const HEADERS = /\b(authorization|proxy-authorization)\s*[:=]\s*(?:basic|bearer)?\s*[^\s"',]{1,4096}/gi;
const IN_URL = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,1024}@/gi;

/** Without credentials, be they ours or somebody's. */
export function redacted(text: string, secrets: readonly string[]): string {
  const known = secrets
    .filter((secret) => secret.length >= 4)
    .reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
  return known.replace(HEADERS, '$1: [secret]').replace(IN_URL, '$1[secret]@');
}
