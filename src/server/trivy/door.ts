import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WireForm } from '../../trivy/wire.ts';
import type { Door } from '../door.ts';
import { openAdmission } from './admit.ts';
import { encodedFor } from './answers.ts';
import { cacheMethods, type Method } from './cache-methods.ts';
import type { TrivyDoorParts } from './parts.ts';
import { openBlobScans, type BlobScans } from './scan-blobs.ts';
import { toTwirpAnswer, TwirpError } from './twirp-error.ts';

const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

const FORMS: ReadonlyMap<string, WireForm> = new Map([
  ['application/protobuf', 'protobuf'],
  ['application/json', 'json'],
]);

/**
 * Trivy's own server, for its unmodified client: the services Scanner and Cache over Twirp, in protobuf and JSON.
 * What clients put is kept apart: it never tells Drydock's own scans what is in a layer.
 *
 * @see https://twitchtv.github.io/twirp/docs/spec_v7.html
 */
export function trivyDoor(parts: TrivyDoorParts): Door {
  return async (app) => {
    await app.register(async (scope) => addRoutes(scope, parts));
  };
}

function addRoutes(scope: FastifyInstance, parts: TrivyDoorParts): void {
  const bodyLimit = parts.bodyLimitBytes ?? BODY_LIMIT_BYTES;
  const admit = openAdmission(parts);
  const scans = openBlobScans(parts);
  const prefix = `/${parts.pathPrefix ?? 'twirp'}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  const config = { errors: 'twirp' } as const;

  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) =>
    done(null, body),
  );
  scope.setErrorHandler((error, request, reply) => {
    if (toTwirpAnswer(error).status >= 500)
      request.log.warn({ err: error }, 'a Trivy client could not be answered');
    sendError(reply, error);
  });

  const add = (
    path: string,
    answer: (request: FastifyRequest, form: WireForm) => ReturnType<Method>,
  ): void => {
    scope.post(`${prefix}/${path}`, {
      config,
      bodyLimit,
      onRequest: async (request) => {
        await admit(request);
        formOf(request);
      },
      handler: async (request, reply) => {
        const form = formOf(request);
        return send(
          reply,
          form,
          await encodedFor(await answer(request, form), request.headers['accept-encoding']),
        );
      },
    });
  };
  for (const [name, method] of Object.entries(cacheMethods(parts.blobs, scans.answers)))
    add(`trivy.cache.v1.Cache/${name}`, (request, form) => method(bytesOf(request), form));
  add('trivy.scanner.v1.Scanner/Scan', (request, form) => scan(scans, request, form));
  scope.all(`${prefix}/*`, { config, bodyLimit }, (request) => {
    throw new TwirpError('bad_route', `no handler for ${request.method} ${request.url.slice(0, 200)}`);
  });
}

function scan(scans: BlobScans, request: FastifyRequest, form: WireForm): ReturnType<BlobScans['scan']> {
  // Since 0.50 clients give their own name.
  const isOldClient = (request.headers['user-agent'] ?? '').startsWith('Go-http-client');
  return scans.scan({ bytes: bytesOf(request), form, isOldClient });
}

function bytesOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : new Uint8Array();
}

function formOf({ headers }: FastifyRequest): WireForm {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  const form = FORMS.get(type);
  if (form) return form;
  throw new TwirpError('bad_route', `unexpected Content-Type: ${JSON.stringify(type.slice(0, 100))}`);
}

function send(
  reply: FastifyReply,
  form: WireForm,
  { bytes, encoding }: Awaited<ReturnType<typeof encodedFor>>,
): FastifyReply {
  void reply.header('content-type', `application/${form}`).header('vary', 'accept-encoding');
  if (encoding) void reply.header('content-encoding', encoding);
  return reply.send(bytes);
}

function sendError(reply: FastifyReply, error: unknown): void {
  const { status, body } = toTwirpAnswer(error);
  void reply.code(status).header('content-type', 'application/json').send(JSON.stringify(body));
}
