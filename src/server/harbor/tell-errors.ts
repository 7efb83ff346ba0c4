import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toldOf } from '../told-error.ts';
import { withoutCredentials } from '../without-credentials.ts';
import { ERROR_TYPE } from './media-types.ts';
import { HarborRefusal } from './refusal.ts';

/** An error as this protocol tells it. */
export interface HarborError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/**
 * Tells errors of a scope's routes as the protocol does: always JSON, always with a message, as Harbor shows nothing
 * else of it and falls over a body without.
 *
 * @param answered given the error first; true: it has sent an answer of its own
 */
export function tellHarborErrors(
  app: FastifyInstance,
  answered: (error: HarborError, request: FastifyRequest, reply: FastifyReply) => boolean = () => false,
): void {
  app.setErrorHandler((error, request, reply) => {
    const told = toHarborError(error, request.id);
    const { status, retryAfterSeconds } = told;
    if (answered(told, request, reply)) return;
    if (retryAfterSeconds !== undefined && !reply.hasHeader('retry-after'))
      void reply.header('retry-after', retryAfterSeconds);
    sendHarborError(reply.code(status), told);
  });
}

/** As bytes, since the framework would add a charset to the media type of a text. */
export function sendHarborError(reply: FastifyReply, { code, message }: HarborError): void {
  const body = JSON.stringify({ error: { message, code } });
  void reply.header('content-type', ERROR_TYPE).send(Buffer.from(body));
}

export function toHarborError(error: unknown, requestId: string): HarborError {
  if (error instanceof HarborRefusal) {
    const { status, code, message, hint } = error;
    return { status, code, message: withHint(withoutCredentials(message), hint) };
  }
  const { status, code, detail, hint, title, retryAfterSeconds } = toldOf(error);
  return {
    status,
    code,
    message: detail === undefined ? `${title} (request ${requestId})` : withHint(detail, hint),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  };
}

/** Harbor shows the message alone, so what to do has to stand in it. */
export function withHint(message: string, hint: string | undefined): string {
  return hint === undefined ? message : `${message}. ${hint}`;
}
