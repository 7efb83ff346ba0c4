import { ERROR_TYPE } from '../harbor/media-types.ts';
import { JSON_TYPE } from './media.ts';

/** Shapes for the document; requests are checked by hand. */

const text = (description: string) => ({ type: 'string', description }) as const;
const texts = (description: string) => ({ type: 'array', items: { type: 'string' }, description }) as const;
const flag = (description: string) => ({ type: 'boolean', description }) as const;
const seconds = { type: 'integer', minimum: 1 } as const;

const fields = {
  name: text('unique; at most 128 characters'),
  description: { type: 'string' },
  url: text('of the adapter, maybe with a path; unique'),
  auth: { type: 'string', enum: ['', 'Basic', 'Bearer', 'APIKey'] },
  skip_certVerify: flag('do not check its certificate'),
  caCertificate: text('PEM; trusted for this scanner alone'),
  disabled: flag('it gets no scans'),
  is_default: flag('asked where nothing else is said'),
  priority: { type: 'integer', description: 'lower first; Drydock itself has 0, others 100 by default' },
  scanTypes: texts('types of reports that it is used for; absent for all that it makes'),
  repositories: texts('patterns of repositories for which it goes before others'),
  maxInFlight: { type: 'integer', minimum: 1, description: 'scans at one time' },
  timeouts: {
    type: 'object',
    description: 'in seconds',
    properties: { submit: seconds, report: seconds, scan: seconds },
  },
} as const;

const requestSchema = {
  type: 'object',
  properties: {
    ...fields,
    access_credential: text('user:password, token or key; never told again, and kept when blank'),
  },
} as const;

const scannerSchema = {
  type: 'object',
  required: ['name', 'vendor', 'version'],
  properties: { name: { type: 'string' }, vendor: { type: 'string' }, version: { type: 'string' } },
} as const;

const registrationSchema = {
  type: 'object',
  required: ['id', 'name', 'priority', 'disabled', 'is_default', 'health', 'origin', 'hasCredential'],
  not: { required: ['access_credential'] },
  properties: {
    id: { type: 'string', minLength: 1 },
    ...fields,
    program: text('of a scanner that is a program'),
    hasCredential: { type: 'boolean' },
    origin: { type: 'string', enum: ['request', 'file'] },
    draining: flag('it vanishes with its last scan'),
    health: {
      type: 'object',
      required: ['state', 'circuit'],
      properties: {
        state: { type: 'string', enum: ['healthy', 'unhealthy', 'unknown'] },
        circuit: { type: 'string', enum: ['closed', 'open', 'half-open'] },
        checkedAt: { type: 'string', format: 'date-time' },
        problem: { type: 'string' },
      },
    },
    scanner: scannerSchema,
    create_time: { type: 'string', format: 'date-time' },
    update_time: { type: 'string', format: 'date-time' },
  },
} as const;

const metadataSchema = {
  type: 'object',
  required: ['scanner', 'capabilities'],
  properties: {
    scanner: scannerSchema,
    capabilities: {
      type: 'array',
      items: {
        type: 'object',
        required: ['type', 'consumes_mime_types', 'produces_mime_types'],
        properties: {
          type: { type: 'string' },
          consumes_mime_types: texts('of manifests'),
          produces_mime_types: texts('of reports'),
        },
      },
    },
    properties: { type: 'object', additionalProperties: { type: 'string' } },
  },
} as const;

const defaultsSchema = {
  type: 'object',
  description: 'by type of report: the id of a registration, or `local` for Drydock itself',
  additionalProperties: { type: 'string' },
} as const;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'code'],
      properties: { message: { type: 'string', minLength: 1 }, code: text('stable, for programs') },
    },
  },
} as const;

const answer = (description: string, schema: object) => ({
  description,
  content: { [JSON_TYPE]: { schema } },
});

export const registrationAnswer = answer('the registration', registrationSchema);
export const createdAnswer = {
  ...answer('registered', registrationSchema),
  headers: { location: { type: 'string', description: 'of the registration' } },
};
export const registrationsAnswer = answer('all of them, those of the file first', {
  type: 'array',
  items: registrationSchema,
});
export const metadataAnswer = answer('what it says of itself', metadataSchema);
export const defaultsAnswer = answer('who makes what', defaultsSchema);
export const nothingAnswer = { description: 'done', type: 'null' };

const content = (schema: object) => ({ content: { 'application/json': { schema } } });
export const registrationBody = content(requestSchema);
export const defaultsBody = content(defaultsSchema);

export const idParams = {
  type: 'object',
  required: ['rid'],
  properties: { rid: text('of the registration') },
} as const;

export const errors = (...statuses: readonly number[]): Record<string, unknown> =>
  Object.fromEntries(
    [401, 403, 429, 503, ...statuses].map((status) => [
      status,
      { description: 'an error', content: { [ERROR_TYPE]: { schema: errorSchema } } },
    ]),
  );
