import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parseDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest, Platform } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import type { CatalogImage } from '../../store/catalog/catalog.ts';
import type { Caller } from '../caller.ts';
import { credentialOfHeader } from './credential.ts';
import { namesOpenTo, type ApiParts } from './parts.ts';
import { digestParams, imageSchema, problems, reportQuerySchema } from './schemas.ts';
import { tellReport, underName } from './tell-report.ts';

const page = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
    after: { type: 'string', maxLength: 135, description: '`next` of the page before' },
  },
} as const;

const listSchema = {
  type: 'object',
  properties: { images: { type: 'array', items: imageSchema }, next: { type: 'string' } },
} as const;

interface Page {
  readonly limit: number;
  readonly after?: string;
}

/** What is known of images, and of what they suffer from. */
export function imageRoutes(app: FastifyInstance, parts: ApiParts): void {
  const { catalog } = parts;

  app.get<{ Querystring: Page }>('/api/images', {
    config: { scope: 'read' },
    schema: {
      tags: ['images'],
      summary: 'Images that were scanned',
      description: 'Those that the caller may read. See docs/serve.md for who may.',
      querystring: page,
      response: { 200: listSchema, ...problems(400, 401, 403) },
    },
    handler: ({ query, caller }) => {
      const after = query.after === undefined ? undefined : parseDigest(query.after, 'the parameter "after"');
      return listed(catalog.images(after && { after }), query.limit, caller, parts);
    },
  });

  app.get<{ Params: { digest: string } }>('/api/images/:digest', {
    config: { scope: 'read' },
    schema: {
      tags: ['images'],
      summary: 'What is known of an image',
      params: digestParams,
      response: { 200: imageSchema, ...problems(401, 403, 404) },
    },
    handler: async (request) => {
      const { image, names } = await readable(request.params.digest, request, parts);
      return told(image, names);
    },
  });

  app.get<{ Params: { digest: string } }>('/api/reports/:digest', {
    config: { scope: 'read' },
    schema: {
      tags: ['images'],
      summary: 'The newest report of an image, by digest',
      description:
        'Whatever repository and tag it was scanned under. Who has not scanned it proves with `X-Registry-Auth` ' +
        '(a login, as JSON in base64url) that the registry lets him read it.',
      params: digestParams,
      querystring: reportQuerySchema,
      response: problems(400, 401, 403, 404),
    },
    handler: async (request, reply) => {
      const { image, names } = await readable(request.params.digest, request, parts);
      const report = underName(await newestReport(image, parts), names.at(-1) ?? image.digest);
      return tellReport(report, request, reply);
    },
  });

  app.get<{ Params: { id: string }; Querystring: Page }>('/api/vulnerabilities/:id/images', {
    config: { scope: 'read' },
    schema: {
      tags: ['images'],
      summary: 'Images that suffer from a vulnerability',
      params: { type: 'object', properties: { id: { type: 'string', maxLength: 128 } } },
      querystring: page,
      response: { 200: listSchema, ...problems(400, 401, 403) },
    },
    handler: ({ params, query, caller }) => {
      const after = query.after === undefined ? undefined : parseDigest(query.after, 'the parameter "after"');
      return listed(beyond(catalog.withVulnerability(params.id), after), query.limit, caller, parts);
    },
  });
}

async function* beyond(
  images: AsyncIterable<CatalogImage>,
  after: Digest | undefined,
): AsyncGenerator<CatalogImage> {
  for await (const image of images) if (after === undefined || image.identity > after) yield image;
}

async function listed(
  images: AsyncIterable<CatalogImage>,
  limit: number,
  caller: Caller,
  parts: ApiParts,
): Promise<{ images: unknown[]; next?: string }> {
  const found: Record<string, unknown>[] = [];
  let last: CatalogImage | undefined;
  for await (const image of images) {
    const names = await namesOpenTo(caller, image, parts);
    if (!names) continue;
    if (found.length === limit && last) return { images: found, next: last.identity };
    found.push(told(image, names));
    last = image;
  }
  return { images: found };
}

interface Readable {
  readonly image: CatalogImage;
  readonly names: readonly string[];
}

/** The image, if the caller may be told about it; else it looks as if it were not known. */
async function readable(
  text: string,
  { caller, headers }: Pick<FastifyRequest, 'caller' | 'headers'>,
  parts: ApiParts,
): Promise<Readable> {
  const digest = parseDigest(text, 'the digest asked for');
  const known = await parts.catalog.byDigest(digest);
  for (const image of known) {
    const names = await namesOpenTo(caller, image, parts);
    if (names) return { image, names };
  }
  const credential = credentialOfHeader(headers['x-registry-auth']);
  for (const image of credential ? known : []) {
    const signal = AbortSignal.timeout(ASK_REGISTRY_MS);
    const name = await parts.readableName(image, credential, { signal });
    if (name === undefined) continue;
    await parts.readers.grant(image.digest, name, caller.name);
    return { image, names: [name] };
  }
  throw new DrydockError('REPORT_NOT_FOUND', `nothing is known of ${digest} that you may see`, {
    hint: 'Ask for a scan of it, or send a login for its registry in X-Registry-Auth.',
  });
}

const ASK_REGISTRY_MS = 10_000;

async function newestReport(image: CatalogImage, { reports }: ApiParts): Promise<Report> {
  const report = await reports.find(image.report);
  if (report) return report;
  throw new DrydockError('REPORT_NOT_FOUND', `the report of ${image.digest} is too old and gone`, {
    hint: 'Ask for a scan: what is known of the image is not read again.',
  });
}

function told(image: CatalogImage, names: readonly string[]): Record<string, unknown> {
  const { digest, configDigest, platform, os, scannedAt, packages, bySeverity } = image;
  return {
    digest,
    configDigest,
    platform: platformText(platform),
    ...(os && { os: `${os.family} ${os.version}`.trim() }),
    names,
    scannedAt,
    packages,
    bySeverity,
    reportUrl: `/api/reports/${digest}`,
  };
}

function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, variant].filter((part) => part !== undefined).join('/');
}
