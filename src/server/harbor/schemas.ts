import {
  ERROR_TYPE,
  METADATA_TYPE,
  OLD_VULNERABILITY_REPORT,
  RAW_REPORT,
  SBOM_MEDIA_TYPES,
  SBOM_REPORT,
  SCAN_REQUEST_TYPE,
  SCAN_RESPONSE_TYPE,
  VULNERABILITY_REPORT,
} from './media-types.ts';

/** The shapes of the protocol, which its document is made of. Requests are checked by hand, as 400 and 422 differ. */

export const text = (description: string) => ({ type: 'string', description }) as const;
export const named = { type: 'string', minLength: 1 } as const;

export const scannerSchema = {
  type: 'object',
  required: ['name', 'vendor', 'version'],
  properties: { name: named, vendor: named, version: named },
} as const;

export const artifactSchema = {
  type: 'object',
  properties: {
    repository: text('project and name'),
    digest: text('of the manifest'),
    tag: text('may be empty'),
    mime_type: text('of the manifest'),
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
          type: { type: 'string', enum: ['vulnerability', 'sbom'] },
          consumes_mime_types: { type: 'array', minItems: 1, items: named },
          produces_mime_types: { type: 'array', minItems: 1, items: named },
          additional_attributes: {
            type: 'object',
            properties: { sbom_media_types: { type: 'array', items: named } },
          },
        },
      },
    },
    properties: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;

export const severity = {
  type: 'string',
  enum: ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'],
} as const;

const itemSchema = {
  type: 'object',
  required: ['id', 'package', 'version', 'fix_version', 'severity', 'status', 'description', 'links'],
  properties: {
    id: named,
    package: named,
    version: { type: 'string' },
    fix_version: { type: 'string' },
    severity,
    status: text('affected, fixed, will_not_fix, …'),
    description: { type: 'string' },
    links: { type: 'array', items: { type: 'string', format: 'uri' } },
    layer: {
      type: 'object',
      properties: { digest: { type: 'string' }, diff_id: { type: 'string' } },
    },
    preferred_cvss: {
      type: 'object',
      properties: {
        score_v3: { type: 'number', minimum: 0, maximum: 10 },
        score_v2: { type: 'number', minimum: 0, maximum: 10 },
        vector_v3: { type: 'string' },
        vector_v2: { type: 'string' },
      },
    },
    cwe_ids: { type: 'array', items: { type: 'string', pattern: '^CWE-[0-9]+$' } },
    vendor_attributes: { type: 'object' },
  },
} as const;

export const frame = {
  generated_at: { type: 'string', format: 'date-time' },
  artifact: artifactSchema,
  scanner: scannerSchema,
} as const;

export const vulnerabilityReportSchema = {
  type: 'object',
  required: ['generated_at', 'artifact', 'scanner', 'vulnerabilities'],
  properties: { ...frame, severity, vulnerabilities: { type: 'array', items: itemSchema } },
} as const;

export const sbomReportSchema = {
  type: 'object',
  required: ['generated_at', 'artifact', 'scanner', 'media_type', 'sbom'],
  properties: {
    ...frame,
    vendor_attributes: { type: 'object' },
    media_type: { type: 'string', enum: SBOM_MEDIA_TYPES },
    sbom: { type: 'object', description: 'the document itself' },
  },
} as const;

const requestSchema = {
  type: 'object',
  required: ['registry', 'artifact'],
  properties: {
    registry: {
      type: 'object',
      required: ['url'],
      properties: {
        url: text('with http:// or https://'),
        authorization: text('`Basic` or `Bearer`; kept encrypted, and only until the scan is over'),
      },
    },
    artifact: { ...artifactSchema, required: ['repository', 'digest'] },
    enabled_capabilities: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type'],
        properties: {
          type: { type: 'string', enum: ['vulnerability', 'sbom'] },
          produces_mime_types: { type: 'array', items: { type: 'string' } },
          parameters: {
            type: ['object', 'null'],
            properties: {
              sbom_media_types: { type: 'array', items: { type: 'string', enum: SBOM_MEDIA_TYPES } },
            },
          },
        },
      },
    },
  },
} as const;

const responseSchema = { type: 'object', required: ['id'], properties: { id: named } } as const;

export const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message'],
      properties: { message: named, code: text('stable, for programs') },
    },
  },
} as const;

export const content = (schema: object, ...types: readonly string[]) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

const metadataTypes = ['1.0', '1.1'].map((version) => `${METADATA_TYPE}; version=${version}`);
export const metadataResponse = {
  description: 'what is offered',
  content: content(metadataSchema, ...metadataTypes),
};
export const scanRequestBody = {
  content: content(
    requestSchema,
    `${SCAN_REQUEST_TYPE}; version=1.0`,
    `${SCAN_REQUEST_TYPE}; version=1.1`,
    'application/json',
  ),
};
export const scanResponse = {
  description: 'accepted: it is kept, whatever happens to the server',
  content: content(responseSchema, SCAN_RESPONSE_TYPE),
};
export const reportResponse = {
  description: 'the report',
  content: {
    ...content(vulnerabilityReportSchema, VULNERABILITY_REPORT, OLD_VULNERABILITY_REPORT, 'application/json'),
    ...content(sbomReportSchema, SBOM_REPORT),
    ...content({ type: 'object', description: "a report in Trivy's JSON" }, RAW_REPORT),
  },
};
export const waitResponse = {
  description: 'there is no report yet, or it cannot be told at the moment',
  type: 'null',
  headers: {
    location: { type: 'string', description: 'this very address' },
    'refresh-after': { type: 'integer', minimum: 1, maximum: 120, description: 'seconds' },
    'retry-after': { type: 'integer', minimum: 1, maximum: 120, description: 'the same' },
  },
};

export const reportAcceptHeader = {
  type: 'object',
  properties: { accept: text('a type of report; without one, the newer kind of vulnerability report') },
} as const;
export const reportParams = {
  type: 'object',
  required: ['id'],
  properties: { id: text('as it was given when the scan was accepted') },
} as const;
export const reportQuery = {
  type: 'object',
  properties: {
    sbom_media_type: {
      type: 'string',
      enum: SBOM_MEDIA_TYPES,
      description: 'needed where a bill of materials is accepted',
    },
  },
} as const;

export const errors = (...statuses: readonly number[]): Record<string, unknown> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'an error', content: content(errorSchema, ERROR_TYPE) },
    ]),
  );
