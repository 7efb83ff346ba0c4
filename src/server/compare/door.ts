import type {} from '@fastify/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CompositeLook } from '../../scan/composite/composites.ts';
import { isOver } from '../../scan/composite/look-at-composite.ts';
import { VULNERABILITIES } from '../../scan/composite/scan-types.ts';
import { tellWhen, waitFor } from '../composite/answer.ts';
import { parseComposite, readCompositeJson } from '../composite/composite-request.ts';
import type { CompositeParts } from '../composite/parts.ts';
import { componentStatus, type Place } from '../composite/status.ts';
import { tellCompositeErrors } from '../composite/tell-composite-errors.ts';
import type { Door } from '../door.ts';
import { invalidField, malformed } from '../harbor/refusal.ts';
import { sendJson } from '../scanners/media.ts';
import { assertSameArtifact, comparedScan, comparison, type ComparedScan } from './compared-scans.ts';
import { compareAnswer, compareBody, compareQuery, errors, waitingAnswer } from './schemas.ts';

const MAX_BODY_BYTES = 1 << 20;
const MAX_NAME_CHARS = 128;
const config = { scope: 'scan', errors: 'harbor' } as const;
const tags = ['compare'];

/** The same image through two scanners: `/api/v2/compare`. */
export function compareDoor(parts: CompositeParts): Door {
  return async (app) => {
    const { default: swagger } = await import('@fastify/swagger');
    const base = `/${parts.basePath ?? ''}`.replace(/\/{2,}/g, '/').replace(/\/$/, '') + '/api/v2';
    await app.register(swagger, { openapi: documentOf(parts), hideUntagged: true });
    await app.register(async (scope) => addRoutes(scope, parts, { base }), { prefix: base });
  };
}

function addRoutes(scope: FastifyInstance, parts: CompositeParts, place: Place): void {
  // Schemas describe; requests are checked by hand, since the protocol tells bad JSON and bad fields apart.
  scope.setValidatorCompiler(() => () => true);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  tellCompositeErrors(scope);
  submitRoute(scope, parts, place);
  lookRoute(scope, parts, place);
  scope.get('/compare/openapi.json', { schema: { hide: true }, handler: () => scope.swagger() });
}

function submitRoute(app: FastifyInstance, parts: CompositeParts, place: Place): void {
  app.post('/compare', {
    bodyLimit: MAX_BODY_BYTES,
    config,
    schema: {
      tags,
      summary: 'Have two scanners look at the same artifact',
      body: compareBody,
      response: {
        202: {
          ...waitingAnswer,
          headers: { location: { type: 'string', description: 'of the comparison' } },
        },
        ...errors(400, 401, 403, 413, 415, 422, 429, 501, 503),
      },
    },
    handler: async (request, reply) => {
      const [a, b] = await submitBoth(request, parts);
      const query = new URLSearchParams({ a: a.look.record.id, b: b.look.record.id });
      void reply.header('location', `compare?${query.toString()}`);
      return tellWaiting(a, b, place, reply);
    },
  });
}

function lookRoute(app: FastifyInstance, parts: CompositeParts, place: Place): void {
  app.get<{ Querystring: { a?: unknown; b?: unknown } }>('/compare', {
    config,
    schema: {
      tags,
      summary: 'What two scans of the same artifact have in common, and what only one of them tells',
      description: 'While one of them is not over: 202, with how both stand and when to come again.',
      querystring: compareQuery,
      response: {
        200: compareAnswer,
        202: waitingAnswer,
        ...errors(401, 403, 404, 410, 413, 422, 429, 500, 503),
      },
    },
    handler: async ({ query, caller }, reply) => {
      const a = await comparedScan(query.a, caller, parts);
      const b = await comparedScan(query.b, caller, parts);
      assertSameArtifact(a, b);
      if (!isOver(a.component.state) || !isOver(b.component.state)) return tellWaiting(a, b, place, reply);
      return sendJson(reply, 200, await comparison(a, b, parts));
    },
  });
}

function tellWaiting(a: ComparedScan, b: ComparedScan, place: Place, reply: FastifyReply): FastifyReply {
  tellWhen(reply, waitFor(a.look.record.createdAt, Date.now()));
  return sendJson(reply, 202, {
    a: componentStatus(a.component, place),
    b: componentStatus(b.component, place),
  });
}

async function submitBoth(
  { headers, body, caller }: FastifyRequest,
  parts: CompositeParts,
): Promise<[ComparedScan, ComparedScan]> {
  const json = readCompositeJson(headers['content-type'], body);
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw malformed('the body is not a JSON object');
  const [first, second] = scannersIn(json);
  const asked = parseComposite({ ...json, scanTypes: { [VULNERABILITIES]: null } });
  const submit = (scanner: string): Promise<CompositeLook> =>
    parts.composites.submit({
      ...asked,
      types: [{ key: VULNERABILITIES, parameters: { scanner } }],
      requestedBy: caller.name,
      isStrict: true,
    });
  const a = await submit(first);
  try {
    const b = await submit(second);
    return [toCompared(a), toCompared(b)];
  } catch (error) {
    await parts.composites.abort(a).catch(() => undefined); // nobody was told of it
    throw error;
  }
}

function scannersIn({ scanners }: { readonly scanners?: unknown }): readonly [string, string] {
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && name.length <= MAX_NAME_CHARS;
  const [first, second, ...more] = Array.isArray(scanners) ? (scanners as unknown[]) : [];
  if (isName(first) && isName(second) && more.length === 0 && first !== second) return [first, second];
  throw invalidField('scanners is a list of two different names');
}

function toCompared(look: CompositeLook): ComparedScan {
  const [component] = look.components;
  if (!component) throw new Error('a scan of one type has no part');
  return { look, component };
}

function documentOf({ version }: CompositeParts) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drydock: comparisons of scanners',
      version,
      description: 'See docs/multiplexer.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [{ name: 'compare', description: 'the same artifact through two scanners' }],
    components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ bearer: [] }, {}],
  };
}
