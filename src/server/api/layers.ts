import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import { DrydockError } from '../../base/errors.ts';
import { limitTo } from '../../base/limit.ts';
import type { LayerAnalysis } from '../../model/analysis.ts';
import type { Digest, Image, Layer } from '../../model/image.ts';
import { parseImageConfig } from '../../oci/image-config.ts';
import { platformOf } from '../../oci/load-image.ts';
import { wishesOf, wishesSchema, type WrittenWishes } from './assessment-wishes.ts';
import { layerAnalysisSchema } from './layer-analysis-schema.ts';
import { readPackedJson } from './packed-json.ts';
import type { ApiParts } from './parts.ts';
import { DIGEST_PATTERN, problems, reportQuerySchema } from './schemas.ts';
import { tellReport } from './tell-report.ts';

/** A layer's analysis, as JSON compressed with brotli. */
export const LAYER_TYPE = 'application/vnd.drydock.layer-analysis+json+br';
const MAX_PACKED_BYTES = 32 << 20;
/** A small body may need very much memory. */
const UNPACKED_AT_ONCE = 2;
const MAX_LAYERS = 1024;
const MAX_CONFIG_BYTES = 8 << 20;

const digest = { type: 'string', pattern: DIGEST_PATTERN, maxLength: 135 } as const;
const digests = { type: 'array', maxItems: MAX_LAYERS, items: digest } as const;
const analyzers = { type: 'string', minLength: 1, maxLength: 2048 } as const;
const tags = ['clients'];

interface Missing {
  readonly analyzers: string;
  readonly diffIds: readonly Digest[];
}

interface AssessmentBody extends WrittenWishes {
  readonly name: string;
  readonly analyzers: string;
  readonly digest: Digest;
  readonly configDigest: Digest;
  readonly config: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly layers: readonly Pick<Layer, 'digest' | 'diffId' | 'mediaType' | 'sizeBytes' | 'skipped'>[];
}

/**
 * For programs that read images themselves and have only the judging done here. What a caller's programs have read is
 * kept for that caller alone: nobody can make others believe that an image holds less than it does.
 */
export function layerRoutes(app: FastifyInstance, parts: ApiParts): void {
  const unpacking = limitTo(UNPACKED_AT_ONCE);
  app.addContentTypeParser(
    LAYER_TYPE,
    { parseAs: 'buffer', bodyLimit: MAX_PACKED_BYTES },
    (request: FastifyRequest, body: Buffer) =>
      unpacking.run(() => readPackedJson(body), { signal: request.calledOff }),
  );

  app.post<{ Body: Missing }>('/api/layers/missing', {
    config: { scope: 'scan' },
    schema: {
      tags,
      summary: 'Which layers this caller has not sent yet',
      body: {
        type: 'object',
        required: ['analyzers', 'diffIds'],
        properties: { analyzers, diffIds: digests },
      },
      response: {
        200: { type: 'object', properties: { missing: digests } },
        ...problems(400, 401, 403),
      },
    },
    handler: async ({ body, caller }) => {
      const known = parts.layersOf(caller, body.analyzers);
      const found = await Promise.all(body.diffIds.map((diffId) => known.find(diffId)));
      return { missing: [...new Set(body.diffIds.filter((_, index) => !found[index]))] };
    },
  });

  app.put<{ Params: { diffId: string }; Body: LayerAnalysis }>('/api/layers/:diffId', {
    config: { scope: 'scan' },
    bodyLimit: MAX_PACKED_BYTES,
    schema: {
      tags,
      summary: 'Send what a layer holds',
      consumes: [LAYER_TYPE],
      params: { type: 'object', properties: { diffId: digest } },
      body: layerAnalysisSchema,
      response: { 204: { type: 'null', description: 'kept' }, ...problems(400, 401, 403, 413) },
    },
    handler: async ({ params, body, caller }, reply) => {
      if (body.diffId !== params.diffId)
        throw new DrydockError(
          'REQUEST_INVALID',
          `the analysis is of ${body.diffId}, not of ${params.diffId}`,
        );
      await parts.layersOf(caller, body.analyzers).remember(body);
      return reply.code(204).send();
    },
  });

  app.post<{ Body: AssessmentBody }>('/api/assessments', {
    config: { scope: 'scan' },
    bodyLimit: MAX_CONFIG_BYTES * 2,
    schema: {
      tags,
      summary: 'Judge an image whose layers were sent',
      description: '409 when a layer is not there (any more): ask which are missing and send them.',
      querystring: reportQuerySchema,
      body: assessmentSchema,
      response: problems(400, 401, 403, 409),
    },
    handler: async (request, reply) => {
      const { body, caller } = request;
      const known = parts.layersOf(caller, body.analyzers);
      const layers: AppliedLayer[] = [];
      for (const layer of body.layers.filter(({ skipped }) => skipped === undefined)) {
        const analysis = await known.find(layer.diffId);
        if (!analysis) return reply.code(409).send(missingProblem(layer.diffId));
        layers.push({ digest: layer.digest, analysis });
      }
      return tellReport(await parts.assess(imageOf(body), layers, wishesOf(body)), request, reply);
    },
  });
}

const assessmentSchema = {
  type: 'object',
  required: ['name', 'analyzers', 'digest', 'configDigest', 'config', 'repoTags', 'repoDigests', 'layers'],
  properties: {
    name: { type: 'string', maxLength: 4096 },
    analyzers,
    digest,
    configDigest: digest,
    config: {
      type: 'string',
      maxLength: MAX_CONFIG_BYTES,
      description: "the image's configuration, as stored",
    },
    repoTags: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 1024 } },
    repoDigests: { type: 'array', maxItems: 100, items: { type: 'string', maxLength: 1024 } },
    ...wishesSchema,
    layers: {
      type: 'array',
      maxItems: MAX_LAYERS,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['digest', 'diffId', 'mediaType', 'sizeBytes'],
        properties: {
          digest,
          diffId: digest,
          mediaType: { type: 'string', maxLength: 256 },
          sizeBytes: { type: 'integer', minimum: 0 },
          skipped: { type: 'string', maxLength: 1024, description: 'why it was not read' },
        },
      },
    },
  },
} as const;

function missingProblem(diffId: Digest): Record<string, unknown> {
  return {
    title: 'Conflict',
    status: 409,
    code: 'LAYER_MISSING',
    detail: `layer ${diffId} was not sent`,
    hint: 'Ask which layers are missing and send them.',
  };
}

/** @throws DrydockError IMAGE_CONFIG_INVALID */
function imageOf(body: AssessmentBody): Image {
  const { name, digest: own, configDigest, repoTags, repoDigests, layers } = body;
  const config = parseImageConfig(Buffer.from(body.config), layers.length, `the configuration of ${name}`);
  const platform = platformOf(config);
  return { name, kind: 'image', digest: own, configDigest, platform, config, layers, repoTags, repoDigests };
}
