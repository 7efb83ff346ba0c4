import type {
  AdvisoryDbVersion,
  AdvisoryStatus,
  Cvss,
  DataSource,
  Severity,
  Vulnerability,
} from '../../model/advisory.ts';
import type { Diagnostic, OperatingSystem } from '../../model/analysis.ts';
import type {
  CodeLine,
  Epss,
  FileAttributes,
  Finding,
  FoundIn,
  KnownExploited,
  LicenseCategory,
  LicenseFinding,
  MisconfigurationFinding,
  SecretFinding,
  VulnerabilityFinding,
} from '../../model/finding.ts';
import type { Image, ImageConfig, ImageHistory, ImageReference, Layer, Platform } from '../../model/image.ts';
import type { Package, RedHatBuild, SourcePackage } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import {
  anything,
  digest,
  flag,
  listOf,
  number,
  oneOf,
  optional,
  shape,
  table,
  text,
  truth,
  WireFault,
  type Read,
} from './shape.ts';

type WireVulnerability = Omit<VulnerabilityFinding, 'package'> & { readonly package: number };
type WireLicense = Omit<LicenseFinding, 'package'> & { readonly package?: number };
/** Packages by their place in the report's list. */
export type WireFinding =
  Exclude<Finding, VulnerabilityFinding | LicenseFinding> | WireVulnerability | WireLicense;
export type WireReport = Omit<Report, 'findings' | 'suppressed'> & {
  readonly findings: readonly WireFinding[];
};

const texts = listOf(text);
const severity = oneOf<Severity>('UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL');
const foundIn = shape<FoundIn>({ digest, diffId: digest });

/** Which kinds there are grows with the program, so that any word is taken. */
const word: Read<never> = (value) => {
  if (typeof value === 'string' && /^[a-z][a-z0-9-]{0,31}$/.test(value)) return value as never;
  throw new WireFault('a kind is no word');
};

const packageShape = shape<Package>({
  type: word,
  name: text,
  version: text,
  architecture: optional(text),
  source: optional(shape<SourcePackage>({ name: text, version: text })),
  licenses: texts,
  maintainer: optional(text),
  modularityLabel: optional(text),
  dependsOn: optional(texts),
  archiveDigest: optional(text),
  thirdParty: optional(flag),
  redHatBuild: optional(
    shape<RedHatBuild>({ contentSets: texts, nvr: optional(text), architecture: optional(text) }),
  ),
  application: optional(word),
  relationship: optional(oneOf('root', 'workspace', 'direct', 'indirect')),
  development: optional(truth),
  locations: optional(
    listOf(
      shape<{ readonly startLine: number; readonly endLine: number }>({ startLine: number, endLine: number }),
    ),
  ),
  identifiedBy: optional(oneOf('pom.properties', 'manifest', 'file-name', 'digest')),
  paths: texts,
  layer: optional(foundIn),
});

const vulnerability = shape<Vulnerability>({
  id: text,
  title: optional(text),
  description: optional(text),
  severity: optional(severity),
  severityBySource: table(severity),
  cvssBySource: table(
    shape<Cvss>({
      v2Vector: optional(text),
      v2Score: optional(number),
      v3Vector: optional(text),
      v3Score: optional(number),
      v40Vector: optional(text),
      v40Score: optional(number),
    }),
  ),
  cwes: texts,
  references: texts,
  publishedAt: optional(text),
  modifiedAt: optional(text),
});

const status = oneOf<AdvisoryStatus>(
  ...(['unknown', 'not_affected', 'affected', 'fixed', 'under_investigation'] as const),
  ...(['will_not_fix', 'fix_deferred', 'end_of_life'] as const),
);

const vulnerabilityFinding = shape<WireVulnerability>({
  kind: oneOf('vulnerability'),
  id: text,
  package: number,
  installedVersion: text,
  fixedVersion: optional(text),
  status,
  severity,
  severitySource: optional(text),
  vendorIds: texts,
  dataSource: optional(shape<DataSource>({ id: text, name: text, url: text, baseId: optional(text) })),
  primaryUrl: optional(text),
  vulnerability,
  exploited: optional(
    shape<KnownExploited>({ addedOn: text, dueOn: optional(text), ransomware: optional(truth) }),
  ),
  epss: optional(shape<Epss>({ score: number, percentile: number, date: optional(text) })),
});

const secretFinding = shape<SecretFinding>({
  kind: oneOf('secret'),
  ruleId: text,
  category: text,
  title: text,
  severity,
  path: text,
  startLine: number,
  endLine: number,
  match: text,
  code: listOf(shape<CodeLine>({ number, text, isCause: flag })),
  layer: optional(foundIn),
  isDeleted: optional(truth),
});

const licenseFinding = shape<WireLicense>({
  kind: oneOf('license'),
  name: text,
  category: oneOf<LicenseCategory>(
    ...([
      'forbidden',
      'restricted',
      'reciprocal',
      'notice',
      'permissive',
      'unencumbered',
      'unknown',
    ] as const),
  ),
  severity,
  package: optional(number),
  path: optional(text),
  confidence: number,
  link: optional(text),
  layer: optional(foundIn),
});

const misconfigurationFinding = shape<MisconfigurationFinding>({
  kind: oneOf('misconfiguration'),
  ruleId: text,
  title: text,
  description: text,
  message: text,
  resolution: text,
  severity,
  subject: oneOf('file', 'image-config'),
  path: optional(text),
  references: texts,
  entry: optional(shape<FileAttributes>({ mode: number, uid: optional(number), gid: optional(number) })),
  layer: optional(foundIn),
});

const FINDINGS: ReadonlyMap<unknown, Read<WireFinding>> = new Map<string, Read<WireFinding>>([
  ['vulnerability', vulnerabilityFinding],
  ['secret', secretFinding],
  ['license', licenseFinding],
  ['misconfiguration', misconfigurationFinding],
]);

const finding: Read<WireFinding> = (value) => {
  const read = FINDINGS.get(anything(value)['kind']);
  if (!read) throw new WireFault('a finding is of no known kind');
  return read(value);
};

const platform = shape<Platform>({
  os: text,
  architecture: text,
  variant: optional(text),
  osVersion: optional(text),
});

const config = shape<ImageConfig>({
  architecture: text,
  os: text,
  variant: optional(text),
  created: optional(text),
  author: optional(text),
  docker_version: optional(text),
  config: anything,
  rootfs: shape<ImageConfig['rootfs']>({ type: text, diff_ids: listOf(digest) }),
  history: listOf(
    shape<ImageHistory>({
      created: optional(text),
      created_by: optional(text),
      author: optional(text),
      comment: optional(text),
      empty_layer: optional(flag),
    }),
  ),
});

const image = shape<Image>({
  name: text,
  kind: oneOf('image', 'filesystem', 'sbom'),
  sbomFormat: optional(oneOf('cyclonedx', 'spdx')),
  reference: optional(
    shape<ImageReference>({
      registry: text,
      repository: text,
      tag: optional(text),
      digest: optional(digest),
    }),
  ),
  digest,
  configDigest: digest,
  platform,
  config,
  layers: listOf(
    shape<Layer>({
      digest,
      diffId: digest,
      mediaType: text,
      sizeBytes: number,
      createdBy: optional(text),
      skipped: optional(text),
      digestUnknown: optional(truth),
    }),
  ),
  repoTags: texts,
  repoDigests: texts,
});

const oneDatabase = {
  source: text,
  digest: text,
  builtAt: text,
  nextUpdateAt: optional(text),
  sample: optional(flag),
};
const database = shape<AdvisoryDbVersion>({
  ...oneDatabase,
  parts: optional(listOf(shape<Omit<AdvisoryDbVersion, 'parts'>>(oneDatabase))),
});

/** @throws WireFault */
export const readWireReport: Read<WireReport> = shape<WireReport>({
  schema: oneOf(1),
  image,
  scannedAt: text,
  engine: text,
  advisoryDbs: listOf(database),
  os: optional(
    shape<OperatingSystem>({
      family: text,
      version: text,
      prettyName: optional(text),
      extendedSupport: optional(flag),
      repositoryRelease: optional(text),
    }),
  ),
  endOfLife: optional(flag),
  layerSizes: table(number),
  packages: listOf(packageShape),
  findings: listOf(finding),
  diagnostics: listOf(shape<Diagnostic>({ code: text, by: text, path: optional(text), message: text })),
});
