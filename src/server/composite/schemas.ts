import { LOCAL_TYPES, type ReportSubject } from '../../scan/composite/scan-types.ts';
import { ERROR_TYPE } from '../harbor/media-types.ts';
import {
  artifactSchema,
  content,
  frame,
  named,
  sbomReportSchema,
  scannerSchema,
  severity,
  text,
  vulnerabilityReportSchema,
} from '../harbor/schemas.ts';
import { COMPOSITE_REQUEST_TYPE, COMPOSITE_TYPE, FULL_METADATA_TYPE } from './media-types.ts';

/** The shapes of this API, which its document is made of. Requests are checked by hand, as 400 and 422 differ. */

const layer = {
  type: 'object',
  required: ['digest'],
  properties: { digest: named, diff_id: named },
} as const;

const count = { type: 'integer', minimum: 0 } as const;
const texts = { type: 'array', items: { type: 'string' } } as const;

const errorBody = {
  type: 'object',
  required: ['message', 'code'],
  properties: {
    message: named,
    code: text('stable, for programs'),
    retryable: { type: 'boolean' },
  },
} as const;

const progress = { type: 'string', enum: ['started', 'running', 'completed', 'failed', 'aborted'] } as const;
const time = { type: 'string', format: 'date-time' } as const;

const entryProperties = {
  scanId: named,
  scanProgress: progress,
  phase: { type: 'string', enum: ['queued'] },
  scanner: text('who makes the report: a registration, or drydock'),
  startedAt: time,
  finishedAt: time,
  cached: { type: 'boolean', description: 'the report was there already' },
  reportUrl: text('where the report is'),
  error: errorBody,
  report: { type: 'object' },
} as const;

const entrySchema = {
  type: 'object',
  required: ['scanId', 'scanProgress'],
  properties: entryProperties,
  additionalProperties: false,
} as const;

/** Members whose names hold a slash are media types as they were sent; all others are described by name. */
const compositeSchema = {
  type: 'object',
  required: ['scanId', 'scanProgress', 'createdAt'],
  properties: {
    scanId: named,
    scanProgress: progress,
    phase: { type: 'string', enum: ['queued'] },
    partial: { type: 'boolean', description: 'it is over, and not all of it came to a report' },
    createdAt: time,
  },
  patternProperties: { '/': entrySchema },
  additionalProperties: false,
} as const;

const lonelySchema = {
  type: 'object',
  required: ['scanId', 'scanProgress', 'mimeType', 'compositeId'],
  properties: { ...entryProperties, mimeType: named, compositeId: named },
  additionalProperties: false,
} as const;

const statusSchema = { oneOf: [compositeSchema, lonelySchema] } as const;

const licenseReportSchema = {
  type: 'object',
  required: ['generated_at', 'artifact', 'scanner', 'licenses'],
  properties: {
    ...frame,
    vendor_attributes: { type: 'object' },
    licenses: {
      type: 'array',
      items: {
        type: 'object',
        required: ['license', 'category', 'packages', 'verdict'],
        properties: {
          license: named,
          category: named,
          packages: {
            type: 'array',
            items: {
              type: 'object',
              required: ['name', 'version', 'type'],
              properties: { name: named, version: { type: 'string' }, type: named },
            },
          },
          files: texts,
          verdict: { type: 'string', enum: ['allowed', 'denied', 'unknown'] },
        },
      },
    },
  },
} as const;

const filesystemReportSchema = {
  type: 'object',
  required: ['generated_at', 'artifact', 'scanner', 'passed', 'findings'],
  properties: {
    ...frame,
    vendor_attributes: {
      type: 'object',
      properties: { incomplete: { ...texts, description: 'of what there is too much to tell all of it' } },
    },
    passed: { type: 'boolean' },
    findings: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'check', 'severity', 'message'],
        properties: {
          id: named,
          check: named,
          path: named,
          severity,
          mode: { type: 'string', pattern: '^[0-7]{4,6}$' },
          uid: count,
          gid: count,
          layer,
          message: named,
        },
      },
    },
  },
} as const;

const secretReportSchema = {
  type: 'object',
  required: ['generated_at', 'artifact', 'scanner', 'findings'],
  properties: {
    ...frame,
    findings: {
      type: 'array',
      items: {
        type: 'object',
        required: ['ruleId', 'category', 'severity', 'source', 'match'],
        properties: {
          ruleId: named,
          category: { type: 'string' },
          title: { type: 'string' },
          severity,
          source: { type: 'string', enum: ['files', 'env', 'history', 'config'] },
          path: named,
          envName: { type: 'string' },
          historyIndex: count,
          line: { type: 'integer', minimum: 1 },
          match: text('with the secret masked'),
          layer,
          deleted: { type: 'boolean', description: 'a later layer hides it, which helps nobody' },
        },
      },
    },
  },
} as const;

const REPORT_SCHEMA: Readonly<Record<ReportSubject, object>> = {
  vulnerability: vulnerabilityReportSchema,
  bill: sbomReportSchema,
  filesystem: filesystemReportSchema,
  license: licenseReportSchema,
  secret: secretReportSchema,
};

const requestSchema = {
  type: 'object',
  required: ['registry', 'artifact', 'scanTypes'],
  properties: {
    registry: {
      type: 'object',
      required: ['url'],
      properties: {
        url: text('with a scheme, or host:port'),
        authorization: text('`Basic` or `Bearer`; kept encrypted, and only until the scan is over'),
        insecure: { type: 'boolean', description: 'plain http where the address has no scheme' },
      },
    },
    artifact: { ...artifactSchema, required: ['repository', 'digest'] },
    scanTypes: {
      type: 'object',
      minProperties: 1,
      maxProperties: 32,
      description: 'by media type of the report; `null` or what shall be otherwise than usual',
      additionalProperties: { type: ['object', 'null'] },
    },
  },
} as const;

const metadataSchema = {
  type: 'object',
  required: ['scanner', 'capabilities'],
  properties: {
    scanner: scannerSchema,
    capabilities: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['type', 'consumes_mime_types', 'produces_mime_types'],
        properties: {
          type: named,
          consumes_mime_types: { type: 'array', items: named },
          produces_mime_types: { type: 'array', minItems: 1, items: named },
          additional_attributes: {
            type: 'object',
            properties: { parameters: texts, scanners: texts, sbom_media_types: texts },
          },
        },
      },
    },
    properties: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      ...errorBody,
      properties: {
        ...errorBody.properties,
        details: { type: 'object', additionalProperties: errorBody, description: 'by media type' },
      },
    },
  },
} as const;

const header = (name: string, description: string) => {
  const isSeconds = name.endsWith('-after');
  return isSeconds
    ? { type: 'integer', minimum: 1, maximum: 120, description }
    : { type: 'string', description };
};

/** How a scan stands, or a part of one. @param headers what they are about, by their names */
export const statusResponse = (description: string, headers: Readonly<Record<string, string>> = {}) => ({
  description,
  content: content(statusSchema, COMPOSITE_TYPE),
  headers: Object.fromEntries(Object.entries(headers).map(([name, what]) => [name, header(name, what)])),
});

export const reportResponse = {
  description: 'all reports of a scan, or one by the media type that it was asked for by, letter for letter',
  content: {
    ...content(compositeSchema, COMPOSITE_TYPE),
    ...Object.fromEntries(
      LOCAL_TYPES.map(({ mediaType, subject }) => [mediaType, { schema: REPORT_SCHEMA[subject] }]),
    ),
    ...content({ type: 'object', description: 'of a type that other scanners make' }, '*/*'),
  },
};

export const notModified = { description: 'as it was', type: 'null' };

export const compositeRequestBody = {
  content: content(requestSchema, COMPOSITE_REQUEST_TYPE, 'application/json'),
};
export const fullMetadataResponse = {
  description: 'what is offered',
  content: content(metadataSchema, FULL_METADATA_TYPE),
};

const prefer = text('`wait=SECONDS`: at most 60, and no longer than the scan takes');
export const submitHeaders = {
  type: 'object',
  properties: {
    prefer: text('`respond-async` for 202; `wait=SECONDS` to be told once it is over'),
    'idempotency-key': text('the same request under the same key is one scan, for a day'),
  },
} as const;
export const lookHeaders = { type: 'object', properties: { prefer } } as const;
export const reportHeaders = {
  type: 'object',
  properties: { prefer, accept: text('a media type that was asked for; without one, the whole') },
} as const;
export const submitQuery = {
  type: 'object',
  properties: { strict: { type: 'boolean', description: 'do nothing unless everything can be done' } },
} as const;
export const reportQuery = {
  type: 'object',
  properties: { partial: { type: 'boolean', description: 'what is there by now' } },
} as const;

export const scanParams = (...names: readonly ('id' | 'scanId')[]) => ({
  type: 'object',
  required: names,
  properties: {
    id: text('of a scan; or of a part, where no other id follows'),
    ...(names.includes('scanId') && { scanId: text('of a part') }),
  },
});

export const errors = (...statuses: readonly number[]): Record<string, unknown> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'an error', content: content(errorSchema, ERROR_TYPE) },
    ]),
  );
