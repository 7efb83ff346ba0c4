import type { FastifyInstance } from 'fastify';
import { DEFAULT_WAIT_MS } from '../harbor/parts.ts';
import { propertiesOf, SCANNER } from '../harbor/metadata.ts';
import { soon } from '../harbor/soon.ts';
import { sendJson } from './answer.ts';
import { allCapabilities } from './capabilities.ts';
import { FULL_METADATA_TYPE } from './media-types.ts';
import type { CompositeParts } from './parts.ts';
import { errors, fullMetadataResponse } from './schemas.ts';

/** `GET /metadata`: every type of report that can be asked for, also those that Harbor knows nothing of. */
export function fullMetadataRoute(app: FastifyInstance, parts: CompositeParts): void {
  const { version, waitMs = DEFAULT_WAIT_MS } = parts;
  app.get('/metadata', {
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scans'],
      summary: 'Every type of report that can be asked for',
      response: { 200: fullMetadataResponse, ...errors(401, 403) },
    },
    handler: async (_request, reply) => {
      // What is away at the moment is left out.
      const [databases, foreign] = await Promise.all([
        soon(parts.databases(), waitMs).catch(() => []),
        soon(parts.foreignTypes?.() ?? Promise.resolve([]), waitMs).catch(() => []),
      ]);
      const metadata = {
        scanner: { ...SCANNER, version },
        capabilities: allCapabilities(foreign),
        properties: propertiesOf(databases, foreign),
      };
      return sendJson(reply, FULL_METADATA_TYPE, JSON.stringify(metadata));
    },
  });
}
