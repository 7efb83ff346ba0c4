import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { toldOf, type ToldError } from './told-error.ts';

/** RFC 9457, with our code and hint and what to quote when asking about it. */
export interface Problem {
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly requestId: string;
}

/** The body of an error in the words of a protocol; its media type is set on `reply`. */
export type ErrorWriter = (told: ToldError, request: FastifyRequest, reply: FastifyReply) => unknown;

/**
 * How errors are told by all routes of a door that registers itself as a plugin of its own. Status and Retry-After are
 * set before `write` is called, which may change them.
 *
 * @example
 * app.register(async (twirp) => { tellErrors(twirp, writeTwirpError); twirp.post('/twirp/…', …) });
 */
export function tellErrors(app: FastifyInstance, write: ErrorWriter): void {
  app.setErrorHandler((error, request, reply) => {
    const told = toldOf(error);
    void reply.code(told.status);
    if (told.retryAfterSeconds !== undefined && !reply.hasHeader('retry-after')) {
      void reply.header('retry-after', told.retryAfterSeconds);
    }
    void reply.send(write(told, request, reply));
  });
}

/** The default way of telling errors. */
export const writeProblem: ErrorWriter = (told, request, reply) => {
  void reply.type('application/problem+json; charset=utf-8');
  return JSON.stringify(toProblem(told, request.id));
};

/** For paths that are so wrong that no route is looked for; hooks do not run for these. */
export function answerBadPath(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const told = toldOf(error);
  void reply
    .code(told.status)
    .header('x-request-id', request.id)
    .send(writeProblem(told, request, reply));
}

function toProblem({ title, status, code, detail, hint }: ToldError, requestId: string): Problem {
  return {
    title,
    status,
    code,
    ...(detail !== undefined && { detail }),
    ...(hint !== undefined && { hint }),
    requestId,
  };
}
