import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { DrydockError } from '../../base/errors.ts';
import type { Door } from '../door.ts';
import { lookRoutes } from './look.ts';
import { fullMetadataRoute } from './metadata.ts';
import type { CompositeParts } from './parts.ts';
import { reportRoutes } from './report.ts';
import { submitRoute } from './submit.ts';
import { tellCompositeErrors } from './tell-composite-errors.ts';

/** Scans of several types by one request, each done by Drydock or by another scanner. See docs/composite.md. */
export function compositeDoor(parts: CompositeParts): Door {
  return async (app) => {
    const { default: swagger } = await import('@fastify/swagger');
    const base = `${basePathOf(parts)}/api/v2`;
    await app.register(swagger, { openapi: documentOf(parts), hideUntagged: true });
    await app.register(async (scope) => addRoutes(scope, parts, base), { prefix: base });
  };
}

function addRoutes(scope: FastifyInstance, parts: CompositeParts, base: string): void {
  // Schemas describe; requests are checked by hand, since the protocol tells bad JSON and bad fields apart.
  scope.setValidatorCompiler(() => () => true);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  tellCompositeErrors(scope);
  scope.setNotFoundHandler(() => {
    throw new DrydockError('ROUTE_NOT_FOUND', 'there is nothing at this path');
  });
  submitRoute(scope, parts, { base });
  lookRoutes(scope, parts, { base });
  reportRoutes(scope, parts, { base });
  fullMetadataRoute(scope, parts);
  scope.get('/openapi.json', { schema: { hide: true }, handler: () => scope.swagger() });
}

function basePathOf({ basePath = '' }: CompositeParts): string {
  return basePath === '' ? '' : `/${basePath}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
}

function documentOf({ version }: CompositeParts) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drydock: scans of several types by one request',
      version,
      description: 'See docs/composite.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [
      { name: 'scans', description: 'ask for scans, look at them, call them off' },
      { name: 'reports', description: 'what came of them' },
    ],
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
