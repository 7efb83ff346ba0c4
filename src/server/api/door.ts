import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import type { Door } from '../door.ts';
import { apiPage } from './api-page.ts';
import { imageRoutes } from './images.ts';
import { layerRoutes } from './layers.ts';
import { servedFormats } from './negotiate.ts';
import type { ApiParts } from './parts.ts';
import { scanRoutes } from './scans.ts';

/** The small JSON API for people, scripts and Drydock's own client, with the document that describes it. */
export function apiDoor(parts: ApiParts): Door {
  return async (app) => {
    const { default: swagger } = await import('@fastify/swagger');
    // The shell's own answers to wrong methods have no tags.
    await app.register(swagger, { openapi: documentOf(parts.version), hideUntagged: true });
    await app.register(async (routes) => {
      scanRoutes(routes, parts);
      imageRoutes(routes, parts);
      layerRoutes(routes, parts);
      await descriptionRoutes(routes);
    });
  };
}

async function descriptionRoutes(app: FastifyInstance): Promise<void> {
  const formats = (await servedFormats()).map(({ id, mediaType }) => ({ id, mediaType }));
  app.get('/api/formats', {
    schema: {
      tags: ['images'],
      summary: 'The formats that reports are told in',
      response: {
        200: {
          type: 'object',
          properties: {
            formats: {
              type: 'array',
              items: {
                type: 'object',
                properties: { id: { type: 'string' }, mediaType: { type: 'string' } },
              },
            },
          },
        },
      },
    },
    handler: () => ({ formats }),
  });
  app.get('/api/openapi.json', { schema: { hide: true }, handler: () => app.swagger() });
  app.get('/api', {
    schema: { hide: true },
    handler: (_request, reply) =>
      reply.header('content-type', 'text/html; charset=utf-8').send(apiPage(app.swagger())),
  });
}

function documentOf(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Drydock',
      version,
      description: 'Scans images once, and tells everybody who may know. See docs/serve.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    tags: [
      { name: 'scans', description: 'ask for scans and watch them' },
      { name: 'images', description: 'what is known of images' },
      { name: 'clients', description: 'for programs that read images themselves' },
    ],
    components: { securitySchemes: { token: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ token: [] }, {}],
  };
}
