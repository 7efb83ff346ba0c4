import type { Severity } from '../../model/advisory.ts';
import type { ScanState } from '../../model/job.ts';

/** The shapes of requests and answers, which the OpenAPI document is made of. */

export const SEVERITIES = [
  'UNKNOWN',
  'LOW',
  'MEDIUM',
  'HIGH',
  'CRITICAL',
] as const satisfies readonly Severity[];
export const STATES = [
  'queued',
  'running',
  'completed',
  'failed',
  'cancelled',
] as const satisfies readonly ScanState[];

const text = (description: string, maxLength = 4096) => ({ type: 'string', maxLength, description }) as const;
const time = (description: string) => ({ type: 'string', format: 'date-time', description }) as const;

export const DIGEST_PATTERN = '^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$';
const digest = (description: string) =>
  ({ type: 'string', pattern: DIGEST_PATTERN, maxLength: 135, description }) as const;

export const credentialSchema = {
  type: 'object',
  additionalProperties: false,
  description:
    'a login for the registry, kept encrypted until the scan is over; without one the server uses its own',
  properties: {
    username: text('user name', 1024),
    password: text('its password', 8192),
    identitytoken: text('a token that buys others', 65_536),
    registrytoken: text('a bearer token', 65_536),
  },
} as const;

export const scanRequestSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['image'],
  properties: {
    image: text('reference of an image in a registry, as in `docker pull`', 1024),
    platform: text('which image of an index, like `linux/arm64`', 128),
    priority: { type: 'string', enum: ['interactive', 'background'], default: 'interactive' },
    force: { type: 'boolean', default: false, description: 'scan again even if a report is known' },
    credential: credentialSchema,
  },
} as const;

export const scanSchema = {
  type: 'object',
  required: ['id', 'image', 'state', 'attempts', 'createdAt'],
  properties: {
    id: text('names the scan'),
    image: text('as it was asked for'),
    platform: text('as it was asked for'),
    priority: { type: 'string', enum: ['interactive', 'background'] },
    state: { type: 'string', enum: STATES },
    attempts: { type: 'integer', minimum: 0 },
    createdAt: time('when it was accepted'),
    startedAt: time('when the last attempt began'),
    finishedAt: time('when it was over'),
    retryAt: time('when it is tried again'),
    requestedBy: text('who asked'),
    digest: digest("of the platform's manifest"),
    cached: { type: 'boolean', description: 'the report was known already' },
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: text('stable'), message: text('for people'), hint: text('what to do') },
    },
    reportUrl: text('where the report is'),
  },
} as const;

export const problemSchema = {
  type: 'object',
  description: 'problem details (RFC 9457)',
  required: ['title', 'status'],
  properties: {
    title: text('what kind of problem it is'),
    status: { type: 'integer' },
    code: text('stable'),
    detail: text('what was being done to what'),
    hint: text('what to do'),
    requestId: text('names the request in logs'),
  },
} as const;

export const imageSchema = {
  type: 'object',
  required: [
    'digest',
    'configDigest',
    'platform',
    'names',
    'scannedAt',
    'packages',
    'bySeverity',
    'reportUrl',
  ],
  properties: {
    digest: digest("of the platform's manifest"),
    configDigest: digest("of the configuration, which is Docker's image id"),
    platform: text('like `linux/amd64`'),
    os: text('family and version'),
    names: { type: 'array', items: text('as it was asked for') },
    scannedAt: time('when the newest report was made'),
    packages: { type: 'integer', minimum: 0 },
    bySeverity: { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } },
    reportUrl: text('where the report is'),
  },
} as const;

export const reportQuerySchema = {
  type: 'object',
  properties: {
    format: text('id of a format; without it the `Accept` header decides', 64),
    severity: text('severities to tell, with commas', 256),
    pkgTypes: text('`os`, `library` or both', 64),
    ignoreUnfixed: { type: 'boolean', description: 'only what a new version fixes' },
    exploited: { type: 'boolean', description: 'only vulnerabilities known to be exploited' },
    listAllPkgs: { type: 'boolean', description: 'packages without findings, too (default)' },
  },
} as const;

export const problems = (...statuses: number[]): Record<string, unknown> =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: 'a problem', content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  );

export const idParams = {
  type: 'object',
  required: ['id'],
  properties: { id: text('of the scan', 128) },
} as const;

export const digestParams = {
  type: 'object',
  required: ['digest'],
  properties: { digest: digest("of the image's manifest or configuration") },
} as const;
