import type { FastifyInstance } from 'fastify';
import { normalMediaType } from '../../base/media-type.ts';
import { invalid } from '../../scan/scanners/registration-refused.ts';
import { sendJson } from './media.ts';
import type { ScannersParts } from './parts.ts';
import { readBody } from './read-body.ts';
import { refusing } from './refusals.ts';
import { defaultsAnswer, defaultsBody, errors } from './schemas.ts';

const config = { scope: 'admin', errors: 'harbor' } as const;
const tags = ['scanners'];
const MAX_DEFAULTS = 100;

/** Who makes which type of report where nobody is named. */
export function defaultsRoutes(app: FastifyInstance, { directory }: ScannersParts): void {
  app.get('/defaults', {
    config,
    schema: { tags, summary: 'Who makes which reports', response: { 200: defaultsAnswer, ...errors() } },
    handler: async (_request, reply) => sendJson(reply, 200, (await directory.book()).defaults),
  });
  app.put('/defaults', {
    config,
    schema: {
      tags,
      summary: 'Say who makes which reports',
      body: defaultsBody,
      response: { 200: defaultsAnswer, ...errors(400, 404, 413, 422) },
    },
    handler: async ({ body, calledOff: signal }, reply) => {
      const book = await refusing(async () =>
        directory.setDefaults(parseDefaults(readBody(body)), { signal }),
      );
      return sendJson(reply, 200, book.defaults);
    },
  });
}

/** @throws RegistrationRefused */
function parseDefaults(value: unknown): ReadonlyMap<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('defaults are a JSON object');
  const entries = Object.entries(value);
  if (entries.length > MAX_DEFAULTS) throw invalid(`there are more than ${MAX_DEFAULTS} defaults`);
  const defaults = new Map<string, string>();
  for (const [type, id] of entries) {
    const normal = normalMediaType(type);
    if (normal === undefined) throw invalid('a default is for something that is no media type');
    if (typeof id !== 'string') throw invalid('a default is the id of a registration');
    if (defaults.has(normal)) throw invalid('two defaults are for the same media type');
    defaults.set(normal, id);
  }
  return defaults;
}
