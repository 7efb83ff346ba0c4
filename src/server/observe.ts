import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import { onAnswerEnd } from './answer-end.ts';
import type { ServerMetrics } from './metrics/metrics.ts';

/** Methods that have a name in metrics; anybody can make up others. */
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One line in the log and one sample in the metrics for each request, when it is over. */
export function observeRequests(app: FastifyInstance, metrics: ServerMetrics): void {
  const failures = new WeakMap<FastifyRequest, unknown>();
  noteFailures(app, failures);
  // These lines hold nothing but what is put together here: to search them for secrets would be half of their price.
  const log = app.log.child({}, { redact: [] });
  app.addHook('onRequest', (request, reply, done) => {
    const startedAt = performance.now();
    const sentBefore = request.socket?.bytesWritten ?? 0;
    metrics.requestStarted();
    onAnswerEnd(reply.raw, (isWhole) => {
      metrics.requestEnded();
      const ms = performance.now() - startedAt;
      // 499 as others call a client that did not wait for the answer.
      const status = isWhole || reply.raw.headersSent ? reply.raw.statusCode : 499;
      const route = request.routeOptions.url ?? 'unmatched';
      const method = METHODS.has(request.method) ? request.method : 'other';
      // Some doors tell callers apart by themselves.
      if (status === 401) metrics.authFailed('unauthenticated');
      metrics.answered({ method, route, status, seconds: ms / 1000 });
      const line = {
        requestId: request.id,
        method,
        route,
        status,
        ms: Math.round(ms * 10) / 10,
        bytes: bytesSent(reply.getHeader('content-length'), request, sentBefore),
        caller: (request.caller as typeof request.caller | undefined)?.name ?? '-',
        ...(!isWhole && { cut: true }),
      };
      tell(log, line, failures.get(request));
    });
    done();
  });
}

function tell(log: FastifyBaseLogger, line: { status: number }, failure: unknown): void {
  const err = failure === undefined ? {} : { err: failure };
  // Being busy is no error of anybody's.
  if (line.status === 503) log.warn({ ...line, ...err }, 'request');
  else if (line.status >= 500) log.error({ ...line, ...err }, 'request');
  else log.info(line, 'request');
}

/** Of the body where its length is known; otherwise all that went over the connection meanwhile. */
function bytesSent(length: unknown, { socket }: FastifyRequest, before: number): number {
  const known = typeof length === 'string' || typeof length === 'number' ? Number(length) : NaN;
  if (Number.isSafeInteger(known) && known >= 0) return known;
  return Math.max(0, (socket?.bytesWritten ?? 0) - before);
}

/** Doors tell errors in their own words; what was behind an answer is still to be found in the log. */
function noteFailures(app: FastifyInstance, failures: WeakMap<FastifyRequest, unknown>): void {
  type Set = FastifyInstance['setErrorHandler'];
  const inner: Set = Reflect.get(app, 'setErrorHandler') as Set;
  // Instances of plugins inherit it, and each has handlers of its own.
  const outer = function (this: FastifyInstance, handler: Parameters<Set>[0]): FastifyInstance {
    return inner.call(this, function (this: FastifyInstance, error, request, reply) {
      failures.set(request, error);
      return handler.call(this, error as never, request, reply) as unknown;
    });
  };
  app.setErrorHandler = outer as Set;
}
