import { STATUS_CODES } from 'node:http';
import { DrydockError, isAbort, type ErrorCode, type ErrorKind } from '../base/errors.ts';
import { withoutCredentials } from './without-credentials.ts';

/** What a client is told of an error, whatever the words of its protocol. A bug tells nothing of itself. */
export interface ToldError {
  readonly status: number;
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  /** The words of the status. */
  readonly title: string;
  readonly detail?: string;
  readonly hint?: string;
  /** When it makes sense to try again. */
  readonly retryAfterSeconds?: number;
}

const STATUS_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  input: 400,
  missing: 404,
  denied: 403,
  upstream: 502,
  corrupt: 422,
  limit: 413,
  unsupported: 501,
  bug: 500,
};

/** Where a kind has more than one status. */
const STATUS_OF_CODE: Readonly<Partial<Record<ErrorCode, number>>> = {
  // understood, but it names nothing that can be
  REFERENCE_INVALID: 422,
  PLATFORM_INVALID: 422,
  SOURCE_AMBIGUOUS: 422,
  CREDENTIALS_INVALID: 422,
  TEMPLATE_INVALID: 422,
  VEX_INVALID: 422,
  METHOD_NOT_ALLOWED: 405,
  UNAUTHENTICATED: 401,
  RATE_LIMITED: 429,
  TIMED_OUT: 504,
  // passes by itself
  CANCELLED: 503,
  SERVER_BUSY: 503,
  QUEUE_FULL: 503,
  QUEUE_UNAVAILABLE: 503,
  STORE_UNAVAILABLE: 503,
  LEASE_LOST: 503,
  REGISTRY_BUSY: 503,
  DATABASE_MISSING: 503,
  DATABASE_UNAVAILABLE: 503,
  // no caller can do anything about how the server is set up
  CONFIG_INVALID: 500,
  CACHE_UNWRITABLE: 500,
  OUTPUT_UNWRITABLE: 500,
};

const RETRY_AFTER_SECONDS: Readonly<Partial<Record<ErrorCode, number>>> = {
  QUEUE_FULL: 10,
  DATABASE_MISSING: 30,
  DATABASE_UNAVAILABLE: 30,
};
const RETRY_AFTER_DEFAULT_SECONDS = 5;
const MAX_DETAIL_CHARS = 1000;

/** What the framework found wrong with a request, in our words; its own may quote what was sent. */
const FRAMEWORK_DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty, JSON was expected',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as Content-Length says',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is larger than this route takes',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'this route does not take bodies of that media type',
  FST_ERR_BAD_URL: 'the path is not a valid URL',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is too long',
};

/**
 * What may be told of anything that was thrown: our errors by their kind, the framework's complaints about a request
 * by their status, and everything else as a bug without a word on it.
 */
export function toldOf(error: unknown): ToldError {
  if (error instanceof DrydockError) return ofOurs(error);
  const status = requestFault(error);
  if (status !== undefined) return ofRequestFault(status, error);
  if (codeOf(error) === 'FST_ERR_HANDLER_TIMEOUT')
    return { ...of('TIMED_OUT', 'limit'), detail: 'it took too long' };
  if (isAbort(error)) return { ...of('CANCELLED', 'input'), retryAfterSeconds: RETRY_AFTER_DEFAULT_SECONDS };
  return of('INTERNAL', 'bug');
}

function ofOurs({ code, kind, message, hint }: DrydockError): ToldError {
  const told = of(code, kind);
  if (told.status === 500) return told;
  const seconds =
    RETRY_AFTER_SECONDS[code] ?? (told.status === 503 ? RETRY_AFTER_DEFAULT_SECONDS : undefined);
  return {
    ...told,
    detail: bounded(message),
    ...(hint !== undefined && { hint: bounded(hint) }),
    ...(seconds !== undefined && { retryAfterSeconds: seconds }),
  };
}

function of(code: ErrorCode, kind: ErrorKind): ToldError {
  const status = STATUS_OF_CODE[code] ?? STATUS_OF_KIND[kind];
  return { status, kind, code, title: titleOf(status) };
}

function ofRequestFault(status: number, error: unknown): ToldError {
  const isTooLarge = status === 413;
  const detail = FRAMEWORK_DETAILS[codeOf(error) ?? ''] ?? schemaFault(error);
  return {
    status,
    kind: isTooLarge ? 'limit' : 'input',
    code: isTooLarge ? 'REQUEST_TOO_LARGE' : 'REQUEST_INVALID',
    title: titleOf(status),
    ...(detail !== undefined && { detail }),
  };
}

/** A status below 500 that the framework gave an error. */
function requestFault(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  const isRequestFault =
    Number.isInteger(statusCode) && Number(statusCode) >= 400 && Number(statusCode) < 500;
  return isRequestFault ? Number(statusCode) : undefined;
}

/** What a route's schema says of a request; it names places, not values. */
function schemaFault(error: unknown): string | undefined {
  return error instanceof Error && 'validation' in error ? bounded(error.message) : undefined;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function titleOf(status: number): string {
  return STATUS_CODES[status] ?? 'Error';
}

function bounded(text: string): string {
  return withoutCredentials(text).slice(0, MAX_DETAIL_CHARS);
}
