import type { FileAnalysis, LayerAnalysis } from '../model/analysis.ts';
import type { Layer } from '../model/image.ts';
import type { Package as ModelPackage } from '../model/package.ts';
import { fromModelPackage, wirePackageId } from './from-model-package.ts';
import { BlobInfoSchema, type BlobInfo } from './messages/cache.ts';
import {
  ApplicationSchema,
  BuildInfoSchema,
  CauseMetadataSchema,
  CodeSchema,
  LicenseFileSchema,
  LicenseFindingSchema,
  LicenseType_Enum,
  LineSchema,
  MisconfigurationSchema,
  MisconfResultSchema,
  OSSchema,
  PackageInfoSchema,
  PolicyMetadataSchema,
  RepositorySchema,
  SecretFindingSchema,
  SecretSchema,
  type Application,
  type LicenseFile,
  type Misconfiguration,
  type PackageInfo,
  type Secret,
} from './messages/common.ts';
import { BLOB_SCHEMA } from './stored-value.ts';
import { newMessage } from './wire.ts';

/**
 * What was learnt of a layer, as a server of Trivy takes it. What only counts where a link leads to it is left out, as
 * that protocol knows of no links, and so are jars of which not even a version is known.
 */
export function analysisToBlob(
  analysis: LayerAnalysis,
  layer: Pick<Layer, 'digest' | 'createdBy'>,
): BlobInfo {
  const files = analysis.files.filter(({ linkTarget, ownedByOs }) => !linkTarget && !ownedByOs);
  const clues = files.flatMap(({ os }) => os ?? []);
  const family = clues.findLast((clue) => clue.family !== undefined)?.family;
  const release = clues.find((clue) => clue.repositoryRelease !== undefined)?.repositoryRelease;
  const version = clues.findLast((clue) => clue.version !== undefined)?.version;
  const build = files.find(({ redHatBuild }) => redHatBuild)?.redHatBuild;
  return newMessage(BlobInfoSchema, {
    schemaVersion: BLOB_SCHEMA,
    size: BigInt(analysis.sizeBytes),
    digest: layer.digest,
    diffId: analysis.diffId,
    createdBy: layer.createdBy ?? '',
    opaqueDirs: analysis.opaqueDirs.map((path) => `${path}/`),
    whiteoutFiles: [...analysis.whiteouts],
    ...((family !== undefined || version !== undefined) && {
      os: newMessage(OSSchema, {
        family: family ?? '',
        name: version ?? '',
        extended: clues.some(({ extendedSupport }) => extendedSupport),
      }),
    }),
    ...(release !== undefined && { repository: newMessage(RepositorySchema, { family: 'alpine', release }) }),
    ...(build && {
      buildInfo: newMessage(BuildInfoSchema, {
        contentSets: [...build.contentSets],
        nvr: build.nvr ?? '',
        arch: build.architecture ?? '',
      }),
    }),
    packageInfos: files.flatMap(toPackageInfo),
    applications: files.flatMap(toApplications),
    secrets: files.flatMap(toSecret),
    licenses: files.flatMap(toLicenseFiles),
    misconfigurations: files.flatMap(toMisconfiguration),
  });
}

function toPackageInfo({ path, packages = [] }: FileAnalysis): PackageInfo[] {
  const own = packages.filter(({ application }) => application === undefined);
  if (own.length === 0) return [];
  const ids = new Map(own.map((pkg) => [pkg.name, wirePackageId(pkg)]));
  // Trivy names the packages themselves.
  const resolved = own.map((pkg) => ({
    ...pkg,
    dependsOn: pkg.dependsOn?.flatMap((name) => ids.get(name) ?? []) ?? [],
  }));
  return [newMessage(PackageInfoSchema, { filePath: path, packages: resolved.map(fromModelPackage) })];
}

function toApplications({ path, packages = [] }: FileAnalysis): Application[] {
  const groups = new Map<string, ModelPackage[]>();
  for (const pkg of packages) {
    if (pkg.application === undefined || (pkg.version === '' && pkg.identifiedBy === 'file-name')) continue;
    groups.set(pkg.application, [...(groups.get(pkg.application) ?? []), pkg]);
  }
  return Array.from(groups, ([type, members]) =>
    newMessage(ApplicationSchema, { type, filePath: path, packages: members.map(fromModelPackage) }),
  );
}

function toSecret({ path, secrets = [] }: FileAnalysis): Secret[] {
  if (secrets.length === 0) return [];
  const findings = secrets.map((secret) => {
    const first = secret.code.findIndex(({ isCause }) => isCause);
    const last = secret.code.findLastIndex(({ isCause }) => isCause);
    return newMessage(SecretFindingSchema, {
      ruleId: secret.ruleId,
      category: secret.category,
      severity: secret.severity,
      title: secret.title,
      startLine: secret.startLine,
      endLine: secret.endLine,
      match: secret.match,
      code: newMessage(CodeSchema, {
        lines: secret.code.map(({ number, text, isCause }, index) =>
          newMessage(LineSchema, {
            number,
            content: text,
            highlighted: text,
            isCause,
            firstCause: index === first,
            lastCause: index === last,
          }),
        ),
      }),
    });
  });
  return [newMessage(SecretSchema, { filepath: `/${path}`, findings })];
}

/** One for each package that a file speaks of. */
function toLicenseFiles({ path, licenses = [] }: FileAnalysis): LicenseFile[] {
  const byPackage = new Map<string, typeof licenses>();
  for (const license of licenses) {
    const name = license.packageName ?? '';
    byPackage.set(name, [...(byPackage.get(name) ?? []), license]);
  }
  return Array.from(byPackage, ([pkgName, found]) =>
    newMessage(LicenseFileSchema, {
      licenseType: pkgName === '' ? LicenseType_Enum.LICENSE_FILE : LicenseType_Enum.DPKG,
      filePath: path,
      pkgName,
      fingings: found.map(({ name, confidence }) => newMessage(LicenseFindingSchema, { name, confidence })),
    }),
  );
}

function toMisconfiguration({ path, misconfigurations = [] }: FileAnalysis): Misconfiguration[] {
  if (misconfigurations.length === 0) return [];
  const failures = misconfigurations.map((found) =>
    newMessage(MisconfResultSchema, {
      namespace: 'drydock',
      message: found.message,
      policyMetadata: newMessage(PolicyMetadataSchema, {
        id: found.ruleId,
        type: 'Filesystem Check',
        title: found.title,
        description: found.description,
        severity: found.severity,
        recommendedActions: found.resolution,
        references: [...found.references],
      }),
      causeMetadata: newMessage(CauseMetadataSchema, { provider: 'Drydock', service: found.subject }),
    }),
  );
  return [newMessage(MisconfigurationSchema, { fileType: 'filesystem', filePath: path, failures })];
}
