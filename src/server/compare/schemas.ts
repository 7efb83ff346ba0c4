import { ERROR_TYPE } from '../harbor/media-types.ts';
import { JSON_TYPE } from '../scanners/media.ts';

const named = { type: 'string', minLength: 1 } as const;
const severity = { type: 'string', enum: ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] } as const;

const findingProperties = {
  ID: named,
  Aliases: { type: 'array', items: named },
  Package: named,
  Version: { type: 'string' },
} as const;
const told = {
  type: 'object',
  required: ['ID', 'Severity'],
  properties: { ID: named, Severity: severity, FixedVersion: named },
} as const;
const pairs = {
  type: 'array',
  items: {
    type: 'object',
    required: ['ID', 'Package', 'Version', 'A', 'B'],
    properties: { ...findingProperties, A: told, B: told },
  },
} as const;
const lone = {
  type: 'array',
  items: {
    type: 'object',
    required: ['ID', 'Package', 'Version', 'Severity', 'Other'],
    properties: {
      ...findingProperties,
      Severity: severity,
      FixedVersion: named,
      Other: { type: 'string', enum: ['other-version', 'other-vulnerabilities', 'nothing'] },
    },
  },
} as const;
const side = {
  type: 'object',
  required: ['Name', 'Findings'],
  properties: { Name: named, Version: named, Findings: { type: 'integer', minimum: 0 } },
} as const;

const comparisonSchema = {
  type: 'object',
  required: ['SchemaVersion', 'Image', 'A', 'B', 'Agreed', 'SeverityDiffers', 'OnlyA', 'OnlyB'],
  properties: {
    SchemaVersion: { type: 'integer', const: 1 },
    Image: named,
    A: side,
    B: side,
    Agreed: pairs,
    SeverityDiffers: pairs,
    OnlyA: lone,
    OnlyB: lone,
  },
} as const;

const status = {
  type: 'object',
  required: ['scanId', 'scanProgress'],
  properties: {
    scanId: named,
    scanProgress: { type: 'string', enum: ['started', 'running', 'completed', 'failed', 'aborted'] },
    scanner: named,
  },
} as const;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'code'],
      properties: { message: named, code: named, retryable: { type: 'boolean' } },
    },
  },
} as const;

const answer = (description: string, schema: object) => ({
  description,
  content: { [JSON_TYPE]: { schema } },
});

export const compareAnswer = answer('the comparison', comparisonSchema);
export const waitingAnswer = answer('how both scans stand', {
  type: 'object',
  required: ['a', 'b'],
  properties: { a: status, b: status },
});
export const compareBody = {
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['registry', 'artifact', 'scanners'],
        properties: {
          registry: { type: 'object', description: 'as for a scan' },
          artifact: { type: 'object', description: 'as for a scan' },
          scanners: {
            type: 'array',
            minItems: 2,
            maxItems: 2,
            items: { type: 'string', description: 'name or id of a registration, or drydock' },
          },
        },
      },
    },
  },
};
export const compareQuery = {
  type: 'object',
  required: ['a', 'b'],
  properties: {
    a: { type: 'string', description: 'id of a scan, or of its part that tells of vulnerabilities' },
    b: { type: 'string', description: 'the same of another scan of that artifact' },
  },
} as const;

export const errors = (...statuses: readonly number[]): Record<string, unknown> =>
  Object.fromEntries(
    statuses.map((code) => [
      code,
      { description: 'an error', content: { [ERROR_TYPE]: { schema: errorSchema } } },
    ]),
  );
