import type { FastifyInstance } from 'fastify';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { MANIFEST_TYPES, METADATA_TYPE, parseMediaType, SBOM_MEDIA_TYPES } from './media-types.ts';
import { SBOM_REPORT, VULNERABILITY_REPORT } from './media-types.ts';
import { DEFAULT_WAIT_MS, type HarborParts } from './parts.ts';
import { errors, metadataResponse } from './schemas.ts';
import { soon } from './soon.ts';

export const SCANNER = { name: 'Drydock', vendor: 'Drydock' } as const;

/**
 * What is offered. One type of vulnerability report, as Harbor fetches every one named here and adds them up; nothing
 * besides, as it refuses a scanner that names what it does not know.
 */
const CAPABILITIES = [
  {
    type: 'vulnerability',
    consumes_mime_types: MANIFEST_TYPES,
    produces_mime_types: [VULNERABILITY_REPORT],
  },
  {
    type: 'sbom',
    consumes_mime_types: MANIFEST_TYPES,
    produces_mime_types: [SBOM_REPORT],
    additional_attributes: { sbom_media_types: SBOM_MEDIA_TYPES },
  },
] as const;

/** `GET /metadata`: who scans, and what for. */
export function metadataRoute(app: FastifyInstance, parts: HarborParts): void {
  const { version, waitMs = DEFAULT_WAIT_MS } = parts;
  app.get('/metadata', {
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scanner'],
      summary: 'Who scans, and what for',
      response: { 200: metadataResponse, ...errors(401, 403) },
    },
    handler: async ({ headers }, reply) => {
      // A scanner without metadata is a sick one, but one whose databases are just being replaced is not.
      const databases = await soon(parts.databases(), waitMs).catch(() => []);
      const metadata = {
        scanner: { ...SCANNER, version },
        capabilities: CAPABILITIES,
        properties: propertiesOf(databases),
      };
      return reply
        .header('content-type', `${METADATA_TYPE}; version=${versionFor(headers.accept)}`)
        .send(Buffer.from(JSON.stringify(metadata)));
    },
  });
}

/** That of v1.2 for whoever asks for it. */
function versionFor(accept = ''): '1.0' | '1.1' {
  const type = parseMediaType(accept);
  return type?.essence === METADATA_TYPE && type.parameters.get('version') === '1.1' ? '1.1' : '1.0';
}

/** Values are texts without exception, or Harbor cannot read any of it. */
function propertiesOf(databases: readonly AdvisoryDbVersion[]): Record<string, string> {
  const main = databases.find(({ source }) => source === 'trivy-db') ?? databases[0];
  return {
    'harbor.scanner-adapter/scanner-type': 'os-package-vulnerability',
    'harbor.scanner-adapter/registry-authorization-type': 'Basic',
    ...(main && { 'harbor.scanner-adapter/vulnerability-database-updated-at': main.builtAt }),
    ...(main?.nextUpdateAt !== undefined && {
      'harbor.scanner-adapter/vulnerability-database-next-update-at': main.nextUpdateAt,
    }),
    ...(databases.length > 0 && {
      'drydock.io/databases': databases.map(({ source, builtAt }) => `${source} of ${builtAt}`).join(', '),
    }),
    'drydock.io/scan-types': [VULNERABILITY_REPORT, SBOM_REPORT].join(', '),
  };
}
