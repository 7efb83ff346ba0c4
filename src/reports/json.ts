import { createHash, randomBytes } from 'node:crypto';
import { toReportedConfig } from './image-config.ts';
import { formatReferenceName } from './reference-name.ts';
import { packageId, packageUid, packageUrlOf, versionParts } from './package-identity.ts';
import { jsonPieces } from './json-pieces.ts';
import { targetOf } from './target.ts';
import type { ReportFormat } from './format.ts';
import type { Cvss, Severity } from '../model/advisory.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';

/**
 * Trivy's report, schema version 2: same names, same order, same escapes. What it has no place for stands in one more
 * member, `Drydock`.
 *
 * Parameter `listAllPkgs`: `false` leaves out the list of packages.
 */
export const jsonFormat: ReportFormat = {
  id: 'json',
  mediaType: 'application/json',
  *encode(report, parameters) {
    yield* jsonPieces(toJson(report, parameters['listAllPkgs'] !== 'false'));
    yield '\n';
  },
};

/** Trivy's severities as numbers. */
const LEVELS: Readonly<Record<Severity, number>> = { UNKNOWN: 0, LOW: 1, MEDIUM: 2, HIGH: 3, CRITICAL: 4 };

const filled = <T>(list: readonly T[] | undefined): readonly T[] | undefined =>
  list?.length ? list : undefined;

function toJson(report: Report, isListingAll: boolean): unknown {
  return {
    SchemaVersion: 2,
    Trivy: { Version: report.engine },
    ReportID: uuidv7(Date.parse(report.scannedAt)),
    CreatedAt: report.scannedAt,
    ArtifactID: artifactId(report),
    ArtifactName: report.image.name,
    ArtifactType: report.image.kind === 'filesystem' ? 'filesystem' : 'container_image',
    Metadata: metadata(report),
    Results: results(report, isListingAll),
    Drydock: {
      Version: report.engine,
      Databases: report.advisoryDbs.map((db) => ({
        Source: db.source,
        Digest: db.digest,
        BuiltAt: db.builtAt,
        Sample: db.sample,
      })),
      EndOfLife: report.endOfLife,
      Diagnostics: filled(
        report.diagnostics.map(({ code, by, path, message }) => ({
          Code: code,
          By: by,
          Path: path,
          Message: message,
        })),
      ),
    },
  };
}

function artifactId({ image }: Report): string {
  const { reference, configDigest } = image;
  if (!reference) return configDigest;
  const name = `${configDigest}:${reference.registry}/${reference.repository}`;
  return `sha256:${createHash('sha256').update(name).digest('hex')}`;
}

function metadata({ image, os, endOfLife, layerSizes }: Report): unknown {
  const isImage = image.kind === 'image';
  const read = image.layers.filter((layer) => layer.skipped === undefined);
  return {
    Size: filled(read.filter((layer) => layerSizes[layer.diffId] !== undefined))
      ? read.reduce((sum, layer) => sum + (layerSizes[layer.diffId] ?? 0), 0)
      : undefined,
    OS: os && {
      Family: os.family,
      Name: os.version,
      EOSL: endOfLife || undefined,
      extended: os.extendedSupport || undefined,
    },
    ImageID: isImage ? image.configDigest : undefined,
    DiffIDs: isImage ? filled(image.layers.map((layer) => layer.diffId)) : undefined,
    RepoTags: filled(image.repoTags),
    RepoDigests: filled(image.repoDigests),
    Reference: image.reference && formatReferenceName(image.reference),
    ImageConfig: isImage ? toReportedConfig(image.config) : undefined,
    Layers: filled(
      image.layers.map((layer) => ({
        Size: layerSizes[layer.diffId],
        Digest: layer.digest,
        DiffID: layer.diffId,
      })),
    ),
  };
}

function results(report: Report, isListingAll: boolean): readonly unknown[] | undefined {
  const { os, packages, findings } = report;
  if (packages.length === 0 && !os) return undefined;
  const target = targetOf(report);
  const context: Context = { target, artifact: artifactId(report), identify: identifier(os) };
  return [
    {
      Target: target,
      Class: 'os-pkgs',
      Type: os?.family ?? 'none',
      Packages: isListingAll ? filled(packageList(report, context)) : undefined,
      Vulnerabilities: filled(findings.map((finding) => vulnerability(finding, context))),
    },
  ];
}

/** What all packages and findings of one result share. */
interface Context {
  readonly target: string;
  readonly artifact: string;
  readonly identify: (pkg: Package) => unknown;
}

/** A package has many findings, and each of them names it: reckoned once. */
function identifier(os: Report['os']): Context['identify'] {
  const known = new Map<string, unknown>();
  return (pkg) => {
    const key = [pkg.type, pkg.name, pkg.version, pkg.architecture, pkg.modularityLabel, ...pkg.paths].join(
      '\0',
    );
    const identity = known.get(key) ?? { PURL: packageUrlOf(pkg, os), UID: packageUid(pkg) };
    known.set(key, identity);
    return identity;
  };
}

function packageList({ packages }: Report, { identify }: Context): unknown[] {
  const ids = new Map(packages.map((pkg) => [pkg.name, packageId(pkg)]));
  const dependencies = (pkg: Package): string[] =>
    [...new Set(pkg.dependsOn?.flatMap((name) => ids.get(name) ?? []))].sort();
  return [...packages].sort(byNameAndVersion).map((pkg) => {
    const own = versionParts(pkg.type, pkg.version);
    const source = pkg.source ?? pkg;
    const from = versionParts(pkg.type, source.version);
    return {
      ID: packageId(pkg),
      Name: pkg.name,
      Identifier: identify(pkg),
      Version: own.version,
      Release: own.release,
      Epoch: own.epoch || undefined,
      Arch: pkg.architecture,
      SrcName: source.name,
      SrcVersion: from.version,
      SrcRelease: from.release,
      SrcEpoch: from.epoch || undefined,
      Licenses: filled(pkg.licenses),
      Maintainer: pkg.maintainer,
      Modularitylabel: pkg.modularityLabel,
      BuildInfo: pkg.redHatBuild && {
        ContentSets: filled(pkg.redHatBuild.contentSets),
        Nvr: pkg.redHatBuild.nvr,
        Arch: pkg.redHatBuild.architecture,
      },
      DependsOn: filled(dependencies(pkg)),
      Layer: layerOf(pkg),
      Digest: pkg.archiveDigest,
    };
  });
}

function byNameAndVersion(a: Package, b: Package): number {
  return compareTexts(a.name, b.name) || compareTexts(a.version, b.version);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function layerOf({ layer }: Package): unknown {
  return { Digest: layer?.digest, DiffID: layer?.diffId };
}

function vulnerability(finding: VulnerabilityFinding, { target, artifact, identify }: Context): unknown {
  const { package: pkg, vulnerability: details, dataSource } = finding;
  const id = packageId(pkg);
  return {
    VulnerabilityID: finding.id,
    VendorIDs: filled(finding.vendorIds),
    PkgID: id,
    PkgName: pkg.name,
    PkgIdentifier: identify(pkg),
    InstalledVersion: finding.installedVersion,
    FixedVersion: finding.fixedVersion,
    Status: finding.status,
    Layer: layerOf(pkg),
    SeveritySource: finding.severitySource,
    PrimaryURL: finding.primaryUrl,
    DataSource: dataSource && {
      ID: dataSource.id,
      Name: dataSource.name,
      URL: dataSource.url,
      BaseID: dataSource.baseId,
    },
    Fingerprint: fingerprint([artifact, target, id, finding.id]),
    Title: details.title,
    Description: details.description,
    Severity: finding.severity,
    CweIDs: filled(details.cwes),
    VendorSeverity: levels(details.severityBySource),
    CVSS: scores(details.cvssBySource),
    References: filled(details.references),
    PublishedDate: details.publishedAt,
    LastModifiedDate: details.modifiedAt,
  };
}

function fingerprint(parts: readonly string[]): string {
  return `sha256:${createHash('sha256').update(parts.join(':')).digest('hex')}`;
}

function byKey<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function levels(bySource: Readonly<Record<string, Severity>>): unknown {
  const entries = byKey(bySource).map(([source, severity]) => [source, LEVELS[severity]]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function scores(bySource: Readonly<Record<string, Cvss>>): unknown {
  const entries = byKey(bySource).map(([source, score]) => [
    source,
    {
      V2Vector: score.v2Vector,
      V3Vector: score.v3Vector,
      V40Vector: score.v40Vector,
      V2Score: score.v2Score,
      V3Score: score.v3Score,
      V40Score: score.v40Score,
    },
  ]);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

/** @see RFC 9562, 5.7 */
function uuidv7(milliseconds: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
