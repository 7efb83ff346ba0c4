import { createHash, randomBytes } from 'node:crypto';
import { toReportedConfig } from './image-config.ts';
import { formatReferenceName } from '../reference-name.ts';
import { jsonPieces } from '../json-pieces.ts';
import type { ReportFormat } from '../format.ts';
import { filled } from './filled.ts';
import { jsonResults } from './results.ts';
import type { Report } from '../../model/report.ts';

/**
 * Trivy's report, schema version 2: same names, same order, same escapes. What it has no place for stands in one more
 * member, `Drydock`.
 *
 * Parameters: `listAllPkgs` (`false` leaves out the list of packages), `showSuppressed` (`true` tells what a rule or a
 * VEX document speaks for).
 */
export const jsonFormat: ReportFormat = {
  id: 'json',
  mediaType: 'application/json',
  *encode(report, parameters) {
    const isListingAll = parameters['listAllPkgs'] !== 'false';
    const showsSuppressed = parameters['showSuppressed'] === 'true';
    yield* jsonPieces(toJson(report, { isListingAll, showsSuppressed }));
    yield '\n';
  },
};

/** What of a report is shown. */
export interface Shown {
  readonly isListingAll: boolean;
  readonly showsSuppressed: boolean;
}

/** The document as a value, for formats that hold it. */
export function toJson(report: Report, shown: Shown): object {
  return {
    SchemaVersion: 2,
    Trivy: { Version: report.engine },
    ReportID: uuidv7(Date.parse(report.scannedAt)),
    CreatedAt: report.scannedAt,
    ArtifactID: artifactId(report),
    ArtifactName: report.image.name,
    ArtifactType: artifactType(report),
    Metadata: metadata(report),
    Results: jsonResults(report, { artifact: artifactId(report), ...shown }),
    Drydock: {
      Version: report.engine,
      Digest: report.image.digest,
      SystemName: report.os?.prettyName,
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

function artifactType({ image }: Report): string {
  if (image.kind === 'image') return 'container_image';
  return image.kind === 'sbom' ? (image.sbomFormat ?? 'cyclonedx') : 'filesystem';
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

/** @see RFC 9562, 5.7 */
function uuidv7(milliseconds: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(milliseconds, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
