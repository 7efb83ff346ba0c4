import type { FastifyInstance } from 'fastify';
import { isIP } from 'node:net';
import { DrydockError } from '../base/errors.ts';

/** Names that lead to this machine, and that nobody elsewhere can have. The last two are what containers call it. */
const OWN_NAMES: ReadonlySet<string> = new Set([
  'localhost',
  'host.docker.internal',
  'host.containers.internal',
]);

/**
 * Answers only to names of this machine. Where nobody has to say who he is, any page in a browser on this machine could
 * otherwise make its own name lead here, and then ask for everything and read all of it.
 */
export function answerToOwnNames(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const isFine = request.routeOptions.config.isProbe === true || isOwnName(request.headers.host);
    done(isFine ? undefined : foreign());
  });
}

/** @param host as in the header of that name; browsers always send it */
export function isOwnName(host: string | undefined): boolean {
  if (host === undefined || host === '') return true;
  const url = `http://${host}/`;
  if (!URL.canParse(url)) return false;
  const name = new URL(url).hostname.replace(/\.$/, '');
  return OWN_NAMES.has(name) || name.endsWith('.localhost') || isIP(name.replace(/^\[|\]$/g, '')) !== 0;
}

function foreign(): DrydockError {
  return new DrydockError('REQUEST_INVALID', 'the request is for a server of another name', {
    hint: 'Ask by localhost or by address, set up a token, or start the server with --insecure-no-auth.',
  });
}
