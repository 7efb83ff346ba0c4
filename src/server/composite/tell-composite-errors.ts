import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ComponentError } from '../../model/composite.ts';
import { CompositeRefused, IdempotencyConflict } from '../../scan/composite/composites.ts';
import { ERROR_TYPE } from '../harbor/media-types.ts';
import { toHarborError } from '../harbor/tell-errors.ts';
import { withoutCredentials } from '../without-credentials.ts';

/** An error as this API tells it: Harbor's form, with more for programs. */
export interface CompositeError extends ComponentError {
  readonly status: number;
  readonly retryAfterSeconds?: number;
  /** By media type. */
  readonly details?: ReadonlyMap<string, ComponentError>;
}

/** A refusal for a reason that lies in one part. */
export class ComponentRefusal extends Error {
  override readonly name = 'ComponentRefusal';
  readonly status: number;
  readonly error: ComponentError;

  constructor(status: number, error: ComponentError) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

/** Always JSON, always with a message. */
export function tellCompositeErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const told = toCompositeError(error, request.id);
    const { status, retryAfterSeconds } = told;
    if (retryAfterSeconds !== undefined && !reply.hasHeader('retry-after'))
      void reply.header('retry-after', retryAfterSeconds);
    sendCompositeError(reply.code(status), told);
  });
}

function toCompositeError(error: unknown, requestId: string): CompositeError {
  if (error instanceof CompositeRefused) return ofRefused(error);
  if (error instanceof ComponentRefusal) return { status: error.status, ...safe(error.error) };
  if (error instanceof IdempotencyConflict)
    return { status: 409, code: 'IDEMPOTENCY_CONFLICT', message: error.message, retryable: false };
  const told = toHarborError(error, requestId);
  return { ...told, retryable: told.status === 429 || told.status >= 502 };
}

/** 501 where nothing is wrong but that nobody is there who could do it. */
function ofRefused({ message, errors }: CompositeRefused): CompositeError {
  const codes = new Set([...errors.values()].map(({ code }) => code));
  const [code = ''] = codes;
  const isNobody = codes.size === 1 && code === 'NO_SCANNER';
  return {
    status: isNobody ? 501 : 422,
    code: codes.size === 1 ? code : 'SCAN_TYPES_REFUSED',
    message,
    retryable: isNobody,
    details: errors,
  };
}

/** As bytes, since the framework would add a charset to the media type of a text. */
export function sendCompositeError(reply: FastifyReply, error: CompositeError): void {
  const { code, message, retryable, details } = error;
  const named = [...(details ?? [])].map(([key, detail]) => [key, safe(detail)] as const);
  const body = { message, code, retryable, ...(named.length > 0 && { details: Object.fromEntries(named) }) };
  void reply.header('content-type', ERROR_TYPE).send(Buffer.from(JSON.stringify({ error: body })));
}

/** Whatever a scanner or a registry has said. */
export function safe({ code, message, retryable }: ComponentError): ComponentError {
  return { message: withoutCredentials(message).slice(0, MAX_MESSAGE), code, retryable };
}

const MAX_MESSAGE = 1000;
