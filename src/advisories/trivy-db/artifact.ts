import { isAbsolute } from 'node:path';
import { DrydockError, isAbort } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest } from '../../model/image.ts';
import { parseManifest, type Descriptor } from '../../oci/manifest.ts';
import { quoted } from '../../oci/quoted.ts';
import type { PublishedAs } from './database-kind.ts';

/** A database as it is distributed: one archive, known by its digest before it is read. */
export interface DatabaseArtifact {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** The archive's bytes from an offset on; not checked here. */
  open(offset: number, options: Signal): AsyncIterable<Uint8Array>;
}

const TITLE = 'org.opencontainers.image.title';
/** About 70 MB are real. */
const MAX_ARCHIVE_BYTES = 4 * 2 ** 30;

/**
 * The archive that a manifest names.
 * @throws DrydockError DATABASE_UNSUPPORTED, DATABASE_LIMIT, and those of manifests
 */
export function databaseLayer(
  manifest: Uint8Array,
  mediaType: string,
  name: string,
  { layerType }: PublishedAs,
): Descriptor {
  const parsed = parseManifest(manifest, [mediaType], `the manifest of ${name}`);
  if (parsed.kind !== 'manifest') return refuse(name, 'is an index');
  const [layer, ...others] = parsed.layers;
  if (!layer || others.length > 0) return refuse(name, `has ${parsed.layers.length} layers`);
  if (layer.mediaType !== layerType) return refuse(name, `has a layer of type ${quoted(layer.mediaType)}`);
  const title = layer.annotations.get(TITLE);
  if (title === undefined || !isLocalName(title)) return refuse(name, 'has a layer without a sound title');
  if (layer.sizeBytes > MAX_ARCHIVE_BYTES) {
    throw new DrydockError(
      'DATABASE_LIMIT',
      `the advisory database at ${name} has more than ${MAX_ARCHIVE_BYTES} bytes`,
    );
  }
  return layer;
}

/** Tools unpack the layer to a file of this name; one that leaves their directory is a sign of foul play. */
function isLocalName(title: string): boolean {
  if (title === '' || isAbsolute(title) || title.includes('\\') || title.includes('\0')) return false;
  return title.split('/').every((part) => part !== '..');
}

function refuse(name: string, problem: string): never {
  throw new DrydockError(
    'DATABASE_UNSUPPORTED',
    `${name} ${problem}, which is not how advisory databases are published`,
  );
}

/** What is wrong with an archive is wrong with the database in it. */
export function asDatabaseError(error: unknown, name: string): unknown {
  if (!(error instanceof DrydockError) || isAbort(error.cause)) return error;
  if (error.code === 'ARCHIVE_INVALID') {
    return new DrydockError('DATABASE_CORRUPT', error.message, { cause: error });
  }
  if (error.code === 'ARCHIVE_LIMIT') {
    return new DrydockError('DATABASE_LIMIT', `${name}: ${error.message}`, { cause: error });
  }
  return error;
}
