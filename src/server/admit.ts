import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DrydockError } from '../base/errors.ts';
import type { Authentication } from './auth/authentication.ts';
import type { Caller, Scope } from './caller.ts';
import type { ServerMetrics } from './metrics/metrics.ts';
import { clientOfAddress, type RateLimit } from './rate-limit.ts';

export interface AdmitOptions {
  readonly authentication: Authentication;
  readonly rateLimit: RateLimit | undefined;
  readonly metrics: ServerMetrics;
}

const CHALLENGE = 'Bearer realm="drydock", Basic realm="drydock"';
const nobody: Caller = { name: 'anonymous', scopes: new Set() };

/**
 * Lets nobody near a route with a scope who may not use it, and nobody ask too often. All of it is done before a
 * body is read.
 *
 * Throws UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED, or SERVER_BUSY where clients only understand 503.
 */
export function admitCallers(app: FastifyInstance, options: AdmitOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    const { scope, isProbe } = request.routeOptions.config;
    if (isProbe === true) return;
    const caller = scope === undefined ? nobody : await identify(request, options);
    spend(request, reply, caller, options);
    if (scope === undefined) return;
    if (!caller) throw unauthenticated(reply);
    request.caller = caller;
    if (!caller.scopes.has(scope)) throw forbidden(caller, scope, options.metrics);
  });
}

function identify(request: FastifyRequest, { authentication }: AdmitOptions): Promise<Caller | undefined> {
  return authentication.authenticate(request.headers, request.socket);
}

/** By name where there is one; guessing tokens is counted for the address. */
function spend(
  request: FastifyRequest,
  reply: FastifyReply,
  caller: Caller | undefined,
  { rateLimit, metrics }: AdmitOptions,
): void {
  if (!rateLimit) return;
  const isNamed = caller !== undefined && caller.name !== nobody.name;
  const seconds = rateLimit.take(
    isNamed ? `caller ${caller.name}` : `address ${clientOfAddress(request.ip)}`,
  );
  if (seconds === 0) return;
  metrics.rateLimited();
  void reply.header('retry-after', Math.ceil(seconds));
  const { errors, tooMany = errors === 'twirp' ? 503 : 429 } = request.routeOptions.config;
  const code = tooMany === 503 ? 'SERVER_BUSY' : 'RATE_LIMITED';
  throw new DrydockError(code, 'too many requests from this client', {
    hint: `Try again in ${Math.ceil(seconds)} s.`,
  });
}

function unauthenticated(reply: FastifyReply): DrydockError {
  void reply.header('www-authenticate', CHALLENGE);
  return new DrydockError('UNAUTHENTICATED', 'no valid token or certificate was shown', {
    hint: 'Send "Authorization: Bearer TOKEN".',
  });
}

function forbidden({ name }: Caller, scope: Scope, metrics: ServerMetrics): DrydockError {
  metrics.authFailed('forbidden');
  return new DrydockError('SCOPE_MISSING', `${name} lacks the scope ${scope}`);
}
