import { fromJson, toJson, type JsonValue } from '@bufbuild/protobuf';
import { TimestampSchema, ValueSchema, type Timestamp, type Value } from '@bufbuild/protobuf/wkt';
import { asObject, flag, float, int, long, many, one, shape, text, texts, words } from './json-shape.ts';
import type { MemberKind } from './json-shape.ts';
import { ArtifactInfoSchema, BlobInfoSchema } from './messages/cache.ts';
import * as common from './messages/common.ts';
import { packageMembers, readBeyondWire } from './package-json.ts';

// Members and their order as Trivy's own caches have them.

const layer = shape(common.LayerSchema, [
  ['Size', 'size', long],
  ['Digest', 'digest', text],
  ['DiffID', 'diffId', text],
  ['CreatedBy', 'createdBy', text],
]);

const packageShape = packageMembers(layer);
const packages: MemberKind = {
  write: many(packageShape).write,
  read: (value) =>
    Array.isArray(value)
      ? value.flatMap((item) =>
          asObject(item) ? [readBeyondWire(packageShape.read(item), asObject(item) ?? {})] : [],
        )
      : undefined,
};

const code = shape(common.CodeSchema, [
  [
    'Lines',
    'lines',
    many(
      shape(common.LineSchema, [
        ['Number', 'number', int],
        ['Content', 'content', text],
        ['IsCause', 'isCause', flag],
        ['Annotation', 'annotation', text],
        ['Truncated', 'truncated', flag],
        ['Highlighted', 'highlighted', text],
        ['FirstCause', 'firstCause', flag],
        ['LastCause', 'lastCause', flag],
      ]),
    ),
  ],
]);

const secret = shape(common.SecretSchema, [
  ['FilePath', 'filepath', text],
  [
    'Findings',
    'findings',
    many(
      shape(common.SecretFindingSchema, [
        ['RuleID', 'ruleId', text],
        ['Category', 'category', text],
        ['Severity', 'severity', text],
        ['Title', 'title', text],
        ['StartLine', 'startLine', int],
        ['EndLine', 'endLine', int],
        ['Code', 'code', one(code)],
        ['Match', 'match', text],
        ['Layer', 'layer', one(layer)],
        ['Offset', 'offset', int],
      ]),
    ),
  ],
]);

const policy = shape(common.PolicyMetadataSchema, [
  ['ID', 'id', text],
  ['AVDID', 'advId', text],
  ['Type', 'type', text],
  ['Title', 'title', text],
  ['Description', 'description', text],
  ['Severity', 'severity', text],
  ['RecommendedActions', 'recommendedActions', text],
  ['References', 'references', texts],
  ['Aliases', 'aliases', texts],
]);

const cause = shape(common.CauseMetadataSchema, [
  ['Resource', 'resource', text],
  ['Provider', 'provider', text],
  ['Service', 'service', text],
  ['StartLine', 'startLine', int],
  ['EndLine', 'endLine', int],
  ['Code', 'code', one(code)],
  [
    'RenderedCause',
    'renderedCause',
    one(
      shape(common.RenderedCauseSchema, [
        ['Raw', 'raw', text],
        ['Highlighted', 'highlighted', text],
      ]),
    ),
  ],
]);

const checks = many(
  shape(common.MisconfResultSchema, [
    ['Namespace', 'namespace', text],
    ['Query', 'query', text],
    ['Message', 'message', text],
    // Their members lie in the object itself.
    ['', 'policyMetadata', one(policy)],
    ['', 'causeMetadata', one(cause)],
  ]),
);

const misconfiguration = shape(common.MisconfigurationSchema, [
  ['FileType', 'fileType', text],
  ['FilePath', 'filePath', text],
  ['Successes', 'successes', checks],
  ['Warnings', 'warnings', checks],
  ['Failures', 'failures', checks],
]);

const licenseFile = shape(common.LicenseFileSchema, [
  ['Type', 'licenseType', words({ 1: 'dpkg', 2: 'header', 3: 'license-file' })],
  ['FilePath', 'filePath', text],
  ['PkgName', 'pkgName', text],
  [
    'Findings',
    'fingings',
    many(
      shape(common.LicenseFindingSchema, [
        [
          'Category',
          'category',
          words({
            1: 'forbidden',
            2: 'restricted',
            3: 'reciprocal',
            4: 'notice',
            5: 'permissive',
            6: 'unencumbered',
            7: 'unknown',
          }),
        ],
        ['Name', 'name', text],
        ['Confidence', 'confidence', float],
        ['Link', 'link', text],
      ]),
    ),
  ],
  ['Layer', 'layer', one(layer)],
]);

/** Of any form; what is nested deeper than a reader follows was refused before. */
const anything: MemberKind = {
  write: (value) => (value === undefined ? undefined : toJson(ValueSchema, value as Value)),
  read: (value) => fromJson(ValueSchema, value as JsonValue),
};

const time: MemberKind = {
  write: (value) => (value === undefined ? undefined : toJson(TimestampSchema, value as Timestamp)),
  read(value) {
    const seconds = typeof value === 'string' ? Date.parse(value) : NaN;
    if (Number.isNaN(seconds)) return undefined;
    return fromJson(TimestampSchema, new Date(seconds).toISOString());
  },
};

export const blobShape = shape(BlobInfoSchema, [
  ['SchemaVersion', 'schemaVersion', int],
  ['Size', 'size', long],
  ['Digest', 'digest', text],
  ['DiffID', 'diffId', text],
  ['CreatedBy', 'createdBy', text],
  ['OpaqueDirs', 'opaqueDirs', texts],
  ['WhiteoutFiles', 'whiteoutFiles', texts],
  [
    'OS',
    'os',
    one(
      shape(common.OSSchema, [
        ['Family', 'family', text],
        ['Name', 'name', text],
        ['EOSL', 'eosl', flag],
        ['Supplier', 'supplier', text],
        ['extended', 'extended', flag],
      ]),
    ),
  ],
  [
    'Repository',
    'repository',
    one(
      shape(common.RepositorySchema, [
        ['Family', 'family', text],
        ['Release', 'release', text],
      ]),
    ),
  ],
  [
    'PackageInfos',
    'packageInfos',
    many(
      shape(common.PackageInfoSchema, [
        ['FilePath', 'filePath', text],
        ['Packages', 'packages', packages],
      ]),
    ),
  ],
  [
    'Applications',
    'applications',
    many(
      shape(common.ApplicationSchema, [
        ['Type', 'type', text],
        ['FilePath', 'filePath', text],
        ['Packages', 'packages', packages],
        // As versions before 0.52 called them.
        ['Libraries', 'packages', { ...packages, write: () => undefined }],
      ]),
    ),
  ],
  ['Misconfigurations', 'misconfigurations', many(misconfiguration)],
  ['Secrets', 'secrets', many(secret)],
  ['Licenses', 'licenses', many(licenseFile)],
  [
    'BuildInfo',
    'buildInfo',
    one(
      shape(common.BuildInfoSchema, [
        ['ContentSets', 'contentSets', texts],
        ['Nvr', 'nvr', text],
        ['Arch', 'arch', text],
      ]),
    ),
  ],
  [
    'CustomResources',
    'customResources',
    many(
      shape(common.CustomResourceSchema, [
        ['Type', 'type', text],
        ['FilePath', 'filePath', text],
        ['Layer', 'layer', one(layer)],
        ['Data', 'data', anything],
      ]),
    ),
  ],
]);

export const artifactShape = shape(ArtifactInfoSchema, [
  ['SchemaVersion', 'schemaVersion', int],
  ['Architecture', 'architecture', text],
  ['Created', 'created', time],
  ['DockerVersion', 'dockerVersion', text],
  ['OS', 'os', text],
  ['Secret', 'secret', one(secret)],
  ['HistoryPackages', 'historyPackages', packages],
]);
