import { sha256Of, toDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Diagnostic, OperatingSystem } from '../../model/analysis.ts';
import type { Image, ImageConfig, Layer } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import { membersOf, type Members } from './members.ts';
import { readResults } from './read-results.ts';

const MAX_BYTES = 256 << 20;
const BOUNDS = { depth: 64, containers: 5_000_000 };

/**
 * A report in Trivy's JSON, ours or Trivy's own. What it does not tell (media types, what a layer was made by) is
 * absent from the answer.
 *
 * @param name of the file, for messages
 * @throws DrydockError REPORT_INVALID
 */
export function readJsonReport(bytes: Uint8Array, name: string): Report {
  const root = membersOf(parse(bytes, name));
  if (root.number('SchemaVersion') !== 2)
    throw invalid(name, 'is not a report in JSON of schema version 2, as "--format json" writes it');
  const metadata = root.object('Metadata');
  const own = root.object('Drydock');
  const os = systemOf(metadata.object('OS'), own.text('SystemName'));
  const endOfLife = own.raw['EndOfLife'] ?? metadata.object('OS').flag('EOSL');
  const { packages, findings } = readResults(root.objects('Results'));
  return {
    schema: 1,
    image: imageOf(root, metadata),
    scannedAt: timeOf(root.text('CreatedAt')),
    engine: root.object('Trivy').text('Version') ?? 'unknown',
    advisoryDbs: own.objects('Databases').map(databaseOf),
    ...(os && { os }),
    ...(typeof endOfLife === 'boolean' && { endOfLife }),
    layerSizes: layerSizesOf(metadata),
    packages,
    findings,
    diagnostics: own.objects('Diagnostics').map(diagnosticOf),
  };
}

function parse(bytes: Uint8Array, name: string): unknown {
  if (bytes.length > MAX_BYTES) throw invalid(name, `has more than ${MAX_BYTES >> 20} MiB`);
  if (!isWithinJsonBounds(bytes, BOUNDS)) throw invalid(name, 'is nested too deep or has too many members');
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalid(name, 'is not JSON');
  }
}

function invalid(name: string, problem: string): DrydockError {
  return new DrydockError('REPORT_INVALID', `report ${name} ${problem}`);
}

function timeOf(text: string | undefined): string {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? new Date(0).toISOString() : new Date(time).toISOString();
}

function systemOf(os: Members, prettyName: string | undefined): OperatingSystem | undefined {
  const family = os.text('Family');
  const extendedSupport = os.flag('extended') ?? os.flag('Extended');
  return family === undefined
    ? undefined
    : {
        family,
        version: os.text('Name') ?? '',
        ...(prettyName !== undefined && { prettyName }),
        ...(extendedSupport && { extendedSupport }),
      };
}

function imageOf(root: Members, metadata: Members): Image {
  const config = configOf(metadata.object('ImageConfig'));
  const name = root.text('ArtifactName') ?? '';
  const repoDigests = metadata.texts('RepoDigests');
  const configDigest =
    toDigest(metadata.text('ImageID')) ?? toDigest(root.text('ArtifactID')) ?? sha256Of(name);
  const reference = referenceOf(metadata.text('Reference'));
  return {
    name,
    ...kindOf(root.text('ArtifactType')),
    ...(reference && { reference }),
    digest:
      toDigest(root.object('Drydock').text('Digest')) ??
      repoDigests.map((text) => toDigest(text.split('@')[1])).find(Boolean) ??
      configDigest,
    configDigest,
    platform: {
      os: config.os || 'linux',
      architecture: config.architecture || 'unknown',
      ...(config.variant !== undefined && { variant: config.variant }),
    },
    config,
    layers: layersOf(metadata, config),
    repoTags: metadata.texts('RepoTags'),
    repoDigests,
  };
}

function kindOf(artifactType: string | undefined): Pick<Image, 'kind' | 'sbomFormat'> {
  if (artifactType === 'container_image') return { kind: 'image' };
  if (artifactType === 'cyclonedx' || artifactType === 'spdx')
    return { kind: 'sbom', sbomFormat: artifactType };
  return { kind: 'filesystem' };
}

/** `registry/repository[:tag][@digest]`, always in full. */
function referenceOf(text: string | undefined): Image['reference'] {
  const [, registry, repository, tag, digestText] =
    /^([^/\s]+)\/([^:@\s]+)(?::([^@\s]+))?(?:@(\S+))?$/.exec(text ?? '') ?? [];
  if (registry === undefined || repository === undefined) return undefined;
  const digest = toDigest(digestText);
  return { registry, repository, ...(tag !== undefined && { tag }), ...(digest && { digest }) };
}

function configOf(config: Members): ImageConfig {
  const rootfs = config.object('rootfs');
  const variant = config.text('variant');
  const [created, author, docker] = ['created', 'author', 'docker_version'].map((key) => config.text(key));
  return {
    architecture: config.text('architecture') ?? '',
    os: config.text('os') ?? '',
    ...(variant !== undefined && { variant }),
    ...(created !== undefined && { created }),
    ...(author !== undefined && { author }),
    ...(docker !== undefined && { docker_version: docker }),
    config: config.object('config').raw,
    rootfs: {
      type: rootfs.text('type') ?? 'layers',
      diff_ids: rootfs.texts('diff_ids').flatMap((text) => toDigest(text) ?? []),
    },
    history: config.objects('history').map((step) => ({
      ...textMembers(step, ['created', 'created_by', 'author', 'comment']),
      ...(step.flag('empty_layer') && { empty_layer: true }),
    })),
  };
}

function textMembers(from: Members, names: readonly string[]): Record<string, string> {
  const told = names.flatMap((name) => {
    const text = from.text(name);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(told);
}

/** Older reports tell of diffIDs only. */
function layersOf(metadata: Members, config: ImageConfig): Layer[] {
  const told = metadata.objects('Layers').flatMap((layer) => {
    const diffId = toDigest(layer.text('DiffID'));
    return diffId ? [{ diffId, digest: toDigest(layer.text('Digest')) ?? diffId }] : [];
  });
  const diffIds = metadata.texts('DiffIDs').flatMap((text) => toDigest(text) ?? []);
  const bare = (diffIds.length > 0 ? diffIds : config.rootfs.diff_ids).map((diffId) => {
    return { diffId, digest: diffId };
  });
  return (told.length > 0 ? told : bare).map((layer) => ({
    ...layer,
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    sizeBytes: 0,
  }));
}

function layerSizesOf(metadata: Members): Record<string, number> {
  const sizes = metadata.objects('Layers').flatMap((layer) => {
    const [diffId, size] = [layer.text('DiffID'), layer.number('Size')];
    return diffId !== undefined && size !== undefined ? [[diffId, size] as const] : [];
  });
  return Object.fromEntries(sizes);
}

function databaseOf(database: Members): AdvisoryDbVersion {
  return {
    source: database.text('Source') ?? '',
    digest: database.text('Digest') ?? '',
    builtAt: database.text('BuiltAt') ?? '',
    ...(database.flag('Sample') && { sample: true }),
  };
}

function diagnosticOf(told: Members): Diagnostic {
  const path = told.text('Path');
  return {
    code: told.text('Code') ?? 'UNKNOWN',
    by: told.text('By') ?? '',
    ...(path !== undefined && { path }),
    message: told.text('Message') ?? '',
  };
}
