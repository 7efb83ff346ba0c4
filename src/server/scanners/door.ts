import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Door } from '../door.ts';
import { tellHarborErrors } from '../harbor/tell-errors.ts';
import { defaultsRoutes } from './defaults.ts';
import type { ScannersParts } from './parts.ts';
import { registrationRoutes } from './registrations.ts';

const BODY_BYTES = 256 << 10;

/** Where other scanners are registered: `/api/v2/registrations`, also called `/api/v2/scanners`. */
export function scannersDoor(parts: ScannersParts): Door {
  return async (app) => {
    const { default: swagger } = await import('@fastify/swagger');
    await app.register(swagger, { openapi: documentOf(parts), hideUntagged: true });
    await app.register(async (scope) => addRoutes(scope, parts), { prefix: prefixOf(parts) });
  };
}

function addRoutes(scope: FastifyInstance, parts: ScannersParts): void {
  // Schemas describe; requests are checked by hand, since bad JSON and bad fields are told apart.
  scope.setValidatorCompiler(() => () => true);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: BODY_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  tellHarborErrors(scope);
  registrationRoutes(scope, parts, '/registrations');
  registrationRoutes(scope, parts, '/scanners');
  defaultsRoutes(scope, parts);
  scope.get('/registrations/openapi.json', { schema: { hide: true }, handler: () => scope.swagger() });
}

function prefixOf({ basePath = '' }: ScannersParts): string {
  const base = `/${basePath}`.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  return `${base}/api/v2`;
}

function documentOf({ version }: ScannersParts) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drydock: registrations of other scanners',
      version,
      description: 'See docs/multiplexer.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [{ name: 'scanners', description: 'scanners besides Drydock itself' }],
    components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ bearer: [] }, {}],
  };
}
