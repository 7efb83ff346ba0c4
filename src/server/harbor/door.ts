import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { DrydockError } from '../../base/errors.ts';
import type { Door } from '../door.ts';
import { metadataRoute } from './metadata.ts';
import type { HarborParts } from './parts.ts';
import { reportRoute } from './report.ts';
import { scanRoute } from './scan.ts';
import { tellHarborErrors } from './tell-errors.ts';

/**
 * Harbor's pluggable scanner API, versions 1.0 to 1.2.
 *
 * @see https://github.com/goharbor/pluggable-scanner-spec
 */
export function harborDoor(parts: HarborParts): Door {
  return async (app) => {
    const { default: swagger } = await import('@fastify/swagger');
    const prefix = `${basePathOf(parts)}/api/v1`;
    await app.register(swagger, { openapi: documentOf(parts), hideUntagged: true });
    await app.register(async (scope) => addRoutes(scope, parts), { prefix });
  };
}

async function addRoutes(scope: FastifyInstance, parts: HarborParts): Promise<void> {
  // Schemas describe; requests are checked by hand, since the protocol tells bad JSON and bad fields apart.
  scope.setValidatorCompiler(() => () => true);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  tellHarborErrors(scope);
  scope.setNotFoundHandler(() => {
    throw new DrydockError('ROUTE_NOT_FOUND', 'there is nothing at this path');
  });
  metadataRoute(scope, parts);
  scanRoute(scope, parts);
  await scope.register(async (inside) => reportRoute(inside, parts));
  scope.get('/openapi.json', { schema: { hide: true }, handler: () => scope.swagger() });
}

function basePathOf({ basePath = '' }: HarborParts): string {
  return basePath === '' ? '' : `/${basePath}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
}

function documentOf({ version }: HarborParts) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drydock as a scanner for Harbor: the pluggable scanner API 1.2',
      version,
      description: 'See docs/harbor.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [{ name: 'scanner', description: 'what Harbor asks for' }],
    components: {
      securitySchemes: {
        basic: { type: 'http' as const, scheme: 'basic' },
        bearer: { type: 'http' as const, scheme: 'bearer' },
        key: { type: 'apiKey' as const, in: 'header' as const, name: 'X-ScannerAdapter-API-Key' },
      },
    },
    security: [{ basic: [] }, { bearer: [] }, { key: [] }, {}],
  };
}
