import type { FastifyServerOptions } from 'fastify';
import { DrydockError, messageOf } from '../base/errors.ts';
import { withoutCredentials } from './without-credentials.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface LogOptions {
  /** Gets whole lines of JSON. */
  readonly stream: { write(line: string): void };
  readonly level?: LogLevel;
}

const MAX_CAUSES = 5;
const REDACTED = [
  'authorization',
  'cookie',
  'token',
  'password',
  'secret',
  'credentials',
  'headers',
  'body',
  'query',
].flatMap((name) => [name, `*.${name}`]);

// The framework would have them return more than we want to see.
const SERIALIZERS = { req: hidden, res: hidden, err: toLoggedError } as unknown as Required<
  Exclude<FastifyServerOptions['logger'], boolean | undefined>
>['serializers'];

/** How the framework is to log: JSON lines that hold neither headers, bodies and queries nor credentials. */
export function loggerOptions(log: LogOptions | undefined): NonNullable<FastifyServerOptions['logger']> {
  if (!log) return false;
  return {
    level: log.level ?? 'info',
    stream: log.stream,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    redact: { paths: REDACTED, censor: '[hidden]' },
    serializers: SERIALIZERS,
  };
}

/** Of an error only what is known to be fit for a log: other fields may hold what a client has sent. */
export function toLoggedError(error: unknown): Record<string, unknown> {
  const causes: Record<string, unknown>[] = [];
  let at: unknown = error;
  for (let depth = 0; at !== undefined && depth < MAX_CAUSES; depth++) {
    causes.push(oneError(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  const [first = {}, ...rest] = causes;
  return rest.length > 0 ? { ...first, causes: rest } : first;
}

function oneError(error: unknown): Record<string, unknown> {
  const message = withoutCredentials(messageOf(error)).slice(0, 2000);
  if (!(error instanceof Error)) return { message };
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  if (error instanceof DrydockError && error.kind !== 'bug') return { type: error.name, message, ...code };
  // The head of a stack repeats the message, whole.
  const stack = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type: error.name, message, ...code, stack: stack.join('\n') };
}

function hidden(): undefined {
  return undefined;
}
