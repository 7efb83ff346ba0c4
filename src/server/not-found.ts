import type { FastifyInstance, HTTPMethods, RouteOptions } from 'fastify';
import { DrydockError } from '../base/errors.ts';

const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Answers 404 for paths that are none. Doors with words of their own set their own handler below their prefix. */
export function answerUnknownPaths(app: FastifyInstance): void {
  app.setNotFoundHandler(() => {
    throw new DrydockError('ROUTE_NOT_FOUND', 'there is nothing at this path');
  });
}

/** From those that describe an API by its routes. */
const HIDDEN: object = { hide: true };

interface Place {
  readonly app: FastifyInstance;
  readonly methods: Set<string>;
  readonly errors: RouteOptions['config'];
}

/**
 * Answers 405 with Allow for known paths that are asked with another method. Must be called before routes are added;
 * what it gives, when all are there.
 */
export function answerOtherMethods(app: FastifyInstance): () => void {
  const places = new Map<string, Place>();
  app.addHook('onRoute', function (route) {
    // A wildcard answers for paths that are not its own.
    if (route.url.includes('*')) return;
    const place = places.get(route.url) ?? { app: this, methods: new Set(), errors: route.config };
    places.set(route.url, place);
    for (const method of [route.method].flat()) place.methods.add(method);
  });
  return () => {
    for (const [url, place] of [...places]) addOtherMethods(url, place);
  };
}

function addOtherMethods(url: string, { app, methods, errors }: Place): void {
  const others = METHODS.filter((method) => !methods.has(method));
  // Twirp calls this a bad route, which is a 404.
  if (others.length === 0 || errors?.errors === 'twirp') return;
  const allow = [...methods].sort().join(', ');
  app.route({
    method: others,
    url: withoutPrefix(url, app.prefix),
    schema: HIDDEN,
    ...(errors?.errors !== undefined && { config: { errors: errors.errors } }),
    handler: async (_request, reply) => {
      void reply.header('allow', allow);
      throw new DrydockError('METHOD_NOT_ALLOWED', `this path takes ${allow} only`);
    },
  });
}

/** An instance writes its prefix before every path it is given. */
function withoutPrefix(url: string, prefix: string): string {
  return url.startsWith(prefix) ? url.slice(prefix.length) : url;
}
