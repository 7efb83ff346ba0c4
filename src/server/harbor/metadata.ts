import type { FastifyInstance } from 'fastify';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import { parseMediaType } from '../../base/media-type.ts';
import { allCapabilities, scanTypesText, type ForeignType } from '../composite/capabilities.ts';
import { fullMetadataResponse } from '../composite/schemas.ts';
import {
  MANIFEST_TYPES,
  METADATA_TYPE,
  SBOM_MEDIA_TYPES,
  SBOM_REPORT,
  VULNERABILITY_REPORT,
} from './media-types.ts';
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

const described = {
  ...metadataResponse,
  content: { ...metadataResponse.content, ...fullMetadataResponse.content },
};

/** `GET /metadata`: who scans, and what for. */
export function metadataRoute(app: FastifyInstance, parts: HarborParts): void {
  const { version, waitMs = DEFAULT_WAIT_MS } = parts;
  app.get('/metadata', {
    config: { scope: 'scan', errors: 'harbor' },
    schema: {
      tags: ['scanner'],
      summary: 'Who scans, and what for',
      response: { 200: described, ...errors(401, 403) },
    },
    handler: async ({ headers }, reply) => {
      // A scanner without metadata is a sick one, but one whose databases are just being replaced is not.
      const [databases, foreign] = await Promise.all([
        soon(parts.databases(), waitMs).catch(() => []),
        soon(parts.foreignTypes?.() ?? Promise.resolve([]), waitMs).catch(() => []),
      ]);
      const told = versionFor(headers.accept);
      const metadata = {
        scanner: { ...SCANNER, version },
        capabilities: told === '2.0' ? allCapabilities(foreign) : CAPABILITIES,
        properties: propertiesOf(databases, foreign),
      };
      return reply
        .header('content-type', `${METADATA_TYPE}; version=${told}`)
        .send(Buffer.from(JSON.stringify(metadata)));
    },
  });
}

/** That of v1.2, and that in which all types are told, for whoever asks for it. */
function versionFor(accept = ''): '1.0' | '1.1' | '2.0' {
  const type = parseMediaType(accept);
  const version = type?.essence === METADATA_TYPE ? type.parameters.get('version') : undefined;
  return version === '1.1' || version === '2.0' ? version : '1.0';
}

/** Values are texts without exception, or Harbor cannot read any of it. */
export function propertiesOf(
  databases: readonly AdvisoryDbVersion[],
  foreign: readonly ForeignType[] = [],
): Record<string, string> {
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
    'drydock.io/scan-types': scanTypesText(foreign),
  };
}
