import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ScannerRegistration } from '../../model/scanner-registration.ts';
import { parseDraft } from '../../scan/scanners/registration-draft.ts';
import { invalid, RegistrationRefused } from '../../scan/scanners/registration-refused.ts';
import { LOCAL_ID } from '../../scan/scanners/rank.ts';
import { sendJson } from './media.ts';
import type { ScannersParts } from './parts.ts';
import { readBody } from './read-body.ts';
import { refusing } from './refusals.ts';
import {
  createdAnswer,
  errors,
  idParams,
  metadataAnswer,
  nothingAnswer,
  registrationAnswer,
  registrationBody,
  registrationsAnswer,
} from './schemas.ts';
import { changedFields, metadataToWire, toWire } from './wire.ts';

const config = { scope: 'admin', errors: 'harbor' } as const;
const tags = ['scanners'];

interface ById {
  readonly Params: { readonly rid: string };
}

/** @param base `/registrations`, or its other name */
export function registrationRoutes(app: FastifyInstance, parts: ScannersParts, base: string): void {
  listRoutes(app, parts, base);
  changeRoutes(app, parts, base);
  patchRoute(app, parts, base);
}

function listRoutes(app: FastifyInstance, parts: ScannersParts, base: string): void {
  const { directory, scanners } = parts;
  app.get(base, {
    config,
    schema: { tags, summary: 'All registered scanners', response: { 200: registrationsAnswer, ...errors() } },
    handler: async (request, reply) => {
      const { registrations } = await directory.book();
      return sendJson(
        reply,
        200,
        await Promise.all(registrations.map((one) => told(one, parts, request, 'as known'))),
      );
    },
  });
  app.get<ById>(`${base}/:rid`, {
    config,
    schema: {
      tags,
      summary: 'One registered scanner',
      params: idParams,
      response: { 200: registrationAnswer, ...errors(404) },
    },
    handler: async (request, reply) => {
      const found = await refusing(() => registrationOf(request, parts));
      return sendJson(reply, 200, await told(found, parts, request));
    },
  });
  app.get<ById>(`${base}/:rid/metadata`, {
    config,
    schema: {
      tags,
      summary: 'What a scanner says of itself',
      params: idParams,
      response: { 200: metadataAnswer, ...errors(404, 502) },
    },
    handler: async (request, reply) => {
      const metadata = await refusing(async () => {
        const found = await registrationOf(request, parts);
        const state = await scanners.state(found, { signal: request.calledOff });
        if (state.metadata) return state.metadata;
        throw new RegistrationRefused('unreachable', state.problem ?? 'the scanner was not asked yet');
      });
      return sendJson(reply, 200, metadataToWire(metadata));
    },
  });
}

function changeRoutes(app: FastifyInstance, parts: ScannersParts, base: string): void {
  const { directory } = parts;
  app.post<{ Querystring: { force?: string } }>(base, {
    config,
    schema: {
      tags,
      summary: 'Register a scanner',
      description: 'It is asked what it makes first, unless it is to be registered by force.',
      querystring: queryOf('force', 'register it although it does not answer'),
      body: registrationBody,
      response: { 201: createdAnswer, ...errors(400, 409, 413, 422, 502) },
    },
    handler: async (request, reply) => {
      const { query, body, calledOff: signal } = request;
      const made = await refusing(async () =>
        directory.create(parseDraft(readBody(body)), { signal, isForced: isTrue(query.force) }),
      );
      void reply.header('location', `${request.url.split('?', 1)[0]?.replace(/\/$/, '')}/${made.id}`);
      return sendJson(reply, 201, await told(made, parts, request));
    },
  });
  app.post(`${base}/ping`, {
    config,
    schema: {
      tags,
      summary: 'Ask a scanner what it makes, without registering it',
      body: registrationBody,
      response: { 200: metadataAnswer, ...errors(400, 413, 422, 502) },
    },
    handler: async ({ body, calledOff: signal }, reply) => {
      const metadata = await refusing(async () => {
        const { target, credential } = parseDraft(withName(readBody(body)));
        if (target.kind !== 'adapter') throw invalid('missing url');
        return await directory.ping(target, credential, { signal });
      });
      return sendJson(reply, 200, metadataToWire(metadata));
    },
  });
  app.put<ById>(`${base}/:rid`, {
    config,
    schema: {
      tags,
      summary: 'Change a registration as a whole',
      params: idParams,
      body: registrationBody,
      response: { 200: registrationAnswer, ...errors(400, 404, 409, 413, 422) },
    },
    handler: async (request, reply) => {
      const { params, body, calledOff: signal } = request;
      const changed = await refusing(async () => {
        const draft = parseDraft(readBody(body));
        return directory.replace(params.rid, () => draft, { signal });
      });
      return sendJson(reply, 200, await told(changed, parts, request));
    },
  });
  app.delete<ById & { Querystring: { drain?: string } }>(`${base}/:rid`, {
    config,
    schema: {
      tags,
      summary: 'Remove a registration',
      params: idParams,
      querystring: queryOf('drain', 'take no new scans, and remove it with its last one'),
      response: {
        202: { ...registrationAnswer, description: 'it vanishes with its last scan' },
        204: nothingAnswer,
        ...errors(404, 409),
      },
    },
    handler: async (request, reply) => {
      const { params, query, calledOff: signal } = request;
      const how = await refusing(() => directory.remove(params.rid, { signal, drains: isTrue(query.drain) }));
      if (how === 'removed') return reply.code(204).send();
      const left = await refusing(() => registrationOf(request, parts));
      return sendJson(reply, 202, await told(left, parts, request));
    },
  });
}

function patchRoute(app: FastifyInstance, parts: ScannersParts, base: string): void {
  const { directory } = parts;
  app.patch<ById>(`${base}/:rid`, {
    config,
    schema: {
      tags,
      summary: 'Change some fields of a registration, or make it the default',
      params: idParams,
      body: registrationBody,
      response: { 200: registrationAnswer, 204: nothingAnswer, ...errors(400, 404, 409, 413, 422) },
    },
    handler: async (request, reply) => {
      const { params, body, calledOff: signal } = request;
      const isLocal = params.rid === LOCAL_ID;
      await refusing(async () => {
        const sent = readBody(body);
        if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
          throw invalid('a registration is a JSON object');
        const isOnlyDefault =
          Object.keys(sent).join() === 'is_default' && (sent as { is_default: unknown }).is_default === true;
        if (isOnlyDefault) return await directory.makeDefault(params.rid, { signal });
        if (isLocal) throw invalid('of Drydock itself only is_default can be set');
        await directory.replace(params.rid, (known) => parseDraft(changedFields(known, sent)), { signal });
      });
      if (isLocal) return reply.code(204).send();
      const changed = await refusing(() => registrationOf(request, parts));
      return sendJson(reply, 200, await told(changed, parts, request));
    },
  });
}

async function registrationOf(
  { params }: FastifyRequest<ById>,
  { directory }: ScannersParts,
): Promise<ScannerRegistration> {
  const { registrations } = await directory.book();
  const found = registrations.find(({ id }) => id === params.rid);
  if (found) return found;
  throw new RegistrationRefused('unknown', 'there is no scanner of that id');
}

async function told(
  registration: ScannerRegistration,
  { directory, scanners }: ScannersParts,
  { calledOff: signal }: FastifyRequest,
  how: 'asked' | 'as known' = 'asked',
): Promise<object> {
  const [book, credential] = await Promise.all([directory.book(), directory.credential(registration.id)]);
  const isAsked = how === 'asked' && !registration.isDisabled;
  const state = isAsked ? await scanners.state(registration, { signal }) : scanners.stateNow(registration);
  return toWire(registration, state, { book, hasCredential: credential !== undefined });
}

/** A ping needs none. */
function withName(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? { name: 'ping', ...value } : value;
}

function isTrue(text: string | undefined): boolean {
  return text === 'true' || text === '1' || text === '';
}

function queryOf(name: string, description: string) {
  return { type: 'object', properties: { [name]: { type: 'string', enum: ['true', 'false'], description } } };
}
