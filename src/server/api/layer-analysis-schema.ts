import { DIGEST_PATTERN } from './schemas.ts';

/** The shape of a layer's analysis, as a client's program has made it: nothing else of what it sends is kept. */

const text = { type: 'string', maxLength: 65_536 } as const;
const texts = { type: 'array', items: text } as const;
const flag = { type: 'boolean' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const severity = { type: 'string', enum: ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] } as const;
const hashes = { type: 'string', maxLength: 16 << 20, pattern: '^[A-Za-z0-9+/]*={0,2}$' } as const;

function object<P extends Record<string, unknown>>(properties: P, required: readonly (keyof P & string)[]) {
  return { type: 'object', additionalProperties: false, properties, required } as const;
}

const source = object({ name: text, version: text }, ['name', 'version']);
const redHatBuild = object({ contentSets: texts, nvr: text, architecture: text }, ['contentSets']);
const locations = {
  type: 'array',
  items: object({ startLine: count, endLine: count }, ['startLine', 'endLine']),
};

const packageSchema = object(
  {
    type: text,
    name: text,
    version: text,
    architecture: text,
    source,
    licenses: texts,
    maintainer: text,
    modularityLabel: text,
    dependsOn: texts,
    archiveDigest: text,
    thirdParty: flag,
    redHatBuild,
    application: text,
    relationship: { type: 'string', enum: ['root', 'workspace', 'direct', 'indirect'] },
    development: { type: 'boolean', const: true },
    locations,
    identifiedBy: { type: 'string', enum: ['pom.properties', 'manifest', 'file-name', 'digest'] },
    paths: texts,
  },
  ['type', 'name', 'version', 'licenses', 'paths'],
);

const osClue = object(
  { family: text, version: text, prettyName: text, extendedSupport: flag, repositoryRelease: text },
  [],
);

const secret = object(
  {
    ruleId: text,
    category: text,
    title: text,
    severity,
    startLine: count,
    endLine: count,
    match: text,
    code: {
      type: 'array',
      items: object({ number: count, text, isCause: flag }, ['number', 'text', 'isCause']),
    },
  },
  ['ruleId', 'category', 'title', 'severity', 'startLine', 'endLine', 'match', 'code'],
);

const license = object(
  { name: text, confidence: { type: 'number', minimum: 0, maximum: 1 }, packageName: text },
  ['name', 'confidence'],
);

const misconfiguration = object(
  {
    ruleId: text,
    title: text,
    description: text,
    message: text,
    resolution: text,
    severity,
    subject: { type: 'string', enum: ['file', 'image-config'] },
    references: texts,
    entry: object({ mode: count, uid: count, gid: count }, ['mode']),
  },
  ['ruleId', 'title', 'description', 'message', 'resolution', 'severity', 'subject', 'references'],
);

const file = object(
  {
    path: text,
    analyzer: text,
    os: osClue,
    packages: { type: 'array', items: packageSchema },
    redHatBuild,
    secrets: { type: 'array', items: secret },
    licenses: { type: 'array', items: license },
    misconfigurations: { type: 'array', items: misconfiguration },
    ownedByOs: { type: 'boolean', const: true },
    linkTarget: { type: 'boolean', const: true },
  },
  ['path', 'analyzer'],
);

export const layerAnalysisSchema = object(
  {
    schema: { type: 'integer', const: 1 },
    diffId: { type: 'string', pattern: DIGEST_PATTERN },
    analyzers: { type: 'string', minLength: 1, maxLength: 2048 },
    sizeBytes: count,
    files: { type: 'array', items: file },
    links: {
      type: 'array',
      items: object({ path: text, target: text, hard: flag }, ['path', 'target', 'hard']),
    },
    whiteouts: texts,
    opaqueDirs: texts,
    held: object({ files: hashes, directories: hashes }, ['files', 'directories']),
    diagnostics: {
      type: 'array',
      items: object({ code: text, by: text, path: text, message: text }, ['code', 'by', 'message']),
    },
  },
  [
    'schema',
    'diffId',
    'analyzers',
    'sizeBytes',
    'files',
    'links',
    'whiteouts',
    'opaqueDirs',
    'held',
    'diagnostics',
  ],
);
