import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DrydockError } from '../base/errors.ts';
import { onAnswerEnd } from './answer-end.ts';

/** The requests that are being answered. */
export interface InFlight {
  readonly count: number;
  readonly isStopping: boolean;
  /** From now on no more are taken on. */
  stop(): void;
  /** Resolves when there are none. */
  drained(): Promise<void>;
  /** Aborts what is done for all of them. */
  callOff(reason: Error): void;
}

/** Counts requests, puts off those too many, and gives each the signal by which it is called off. */
export function trackInFlight(app: FastifyInstance, max: number): InFlight {
  const open = new Map<FastifyRequest, AbortController>();
  const waiting = new Set<() => void>();
  let isStopping = false;

  const leave = (request: FastifyRequest, hasAnswered: boolean): void => {
    const controller = open.get(request);
    open.delete(request);
    if (!hasAnswered) controller?.abort(new DrydockError('CANCELLED', 'the client has gone'));
    if (open.size > 0) return;
    for (const done of waiting) done();
    waiting.clear();
  };

  app.decorateRequest('calledOff', {
    getter(this: FastifyRequest) {
      return (
        open.get(this)?.signal ?? AbortSignal.abort(new DrydockError('CANCELLED', 'the request is over'))
      );
    },
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.isProbe !== true && (isStopping || open.size >= max)) {
      void reply.header('retry-after', isStopping ? 5 : 1);
      done(busy(isStopping));
      return;
    }
    open.set(request, new AbortController());
    // Comes in every case, be the answer whole or not.
    onAnswerEnd(reply.raw, (isWhole) => leave(request, isWhole));
    done();
  });

  return {
    get count() {
      return open.size;
    },
    get isStopping() {
      return isStopping;
    },
    stop() {
      isStopping = true;
    },
    async drained() {
      if (open.size > 0) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    callOff(reason) {
      for (const controller of open.values()) controller.abort(reason);
    },
  };
}

function busy(isStopping: boolean): DrydockError {
  const message = isStopping ? 'the server is stopping' : 'the server has as many requests as it can take';
  return new DrydockError('SERVER_BUSY', message, { hint: 'Try again a little later.' });
}
