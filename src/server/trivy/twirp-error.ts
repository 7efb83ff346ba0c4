import { DrydockError, messageOf, type ErrorCode, type ErrorKind } from '../../base/errors.ts';

/** Codes of the protocol and the HTTP statuses that go with them. @see https://twitchtv.github.io/twirp/docs/errors.html */
const STATUS = {
  bad_route: 404,
  deadline_exceeded: 408,
  internal: 500,
  invalid_argument: 400,
  malformed: 400,
  not_found: 404,
  permission_denied: 403,
  unauthenticated: 401,
  unavailable: 503,
  unimplemented: 501,
} as const;

export type TwirpCode = keyof typeof STATUS;

/** Clients refuse an error with any other member. */
export interface TwirpAnswer {
  readonly status: number;
  readonly body: {
    readonly code: TwirpCode;
    readonly msg: string;
    readonly meta: Readonly<Record<string, string>>;
  };
}

/** A refusal in the protocol's own words. */
export class TwirpError extends Error {
  override readonly name = 'TwirpError';
  readonly code: TwirpCode;

  constructor(code: TwirpCode, message: string) {
    super(message);
    this.code = code;
  }
}

const CODE_OF: Readonly<Record<ErrorKind, TwirpCode>> = {
  input: 'invalid_argument',
  missing: 'not_found',
  denied: 'permission_denied',
  // The one code upon which clients try again.
  upstream: 'unavailable',
  corrupt: 'internal',
  limit: 'invalid_argument',
  unsupported: 'unimplemented',
  bug: 'internal',
};

/** Where a kind has more than one. */
const CODE_OF_ERROR: Readonly<Partial<Record<ErrorCode, TwirpCode>>> = {
  REQUEST_INVALID: 'malformed',
  TIMED_OUT: 'deadline_exceeded',
  UNAUTHENTICATED: 'unauthenticated',
  // pass by themselves, and must never be `resource_exhausted`, upon which clients give up
  CANCELLED: 'unavailable',
  DATABASE_MISSING: 'unavailable',
  RATE_LIMITED: 'unavailable',
  SERVER_BUSY: 'unavailable',
};

export function toTwirpAnswer(error: unknown): TwirpAnswer {
  const code = codeOf(error);
  // What nobody foresaw may speak of what clients should not know.
  const isForeseen = error instanceof TwirpError || error instanceof DrydockError || code !== 'internal';
  return answerOf(code, isForeseen ? messageOf(error) : 'internal error');
}

export function answerOf(code: TwirpCode, msg: string): TwirpAnswer {
  return { status: STATUS[code], body: { code, msg, meta: {} } };
}

function codeOf(error: unknown): TwirpCode {
  if (error instanceof TwirpError) return error.code;
  if (error instanceof DrydockError) {
    return CODE_OF_ERROR[error.code] ?? CODE_OF[error.kind];
  }
  // Fastify's own: a body that is too large, cut off or of a wrong length.
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status < 500 ? 'invalid_argument' : 'internal';
}
