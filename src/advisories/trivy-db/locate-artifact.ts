import { stat } from 'node:fs/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { quoted } from '../../oci/quoted.ts';
import type { DatabaseArtifact } from './artifact.ts';
import type { PublishedAs } from './database-kind.ts';
import { fileArtifact } from './file-artifact.ts';
import { registryArtifact, type DatabaseRegistry } from './registry-artifact.ts';

export interface ArtifactParts {
  /** Opened when a source in a registry is asked for. */
  readonly registry: () => Promise<DatabaseRegistry>;
  readonly offline: boolean;
  readonly kind: PublishedAs;
}

const PATH_LIKE = /^(?:\.{0,2}\/|~\/|[A-Za-z]:\\)|\.(?:tar|tgz|tar\.gz|tar\.zst)$/;
const LAYOUT = /^oci(?:-archive)?:(?!\/\/)(.+)$/;

/**
 * The database at a source: `host/repository[:tag]`, `oci:DIRECTORY[:tag]`, or the path of an archive or layout.
 *
 * @throws DrydockError of every kind that registries and files give
 */
export async function locateArtifact(
  source: string,
  parts: ArtifactParts,
  options: Signal,
): Promise<DatabaseArtifact> {
  const layout = LAYOUT.exec(source)?.[1];
  if (layout !== undefined) {
    const { path, tag } = await splitTag(layout);
    return await fileArtifact(path, tag, parts.kind, options);
  }
  if (PATH_LIKE.test(source)) return await fileArtifact(source, undefined, parts.kind, options);
  if (parts.offline) {
    throw new DrydockError(
      'DATABASE_UNAVAILABLE',
      `${quoted(source)} is in a registry, and no network may be used`,
    );
  }
  return await registryArtifact(source, await parts.registry(), parts.kind, options);
}

/** Paths may hold colons themselves, so what exists is the path. */
async function splitTag(text: string): Promise<{ readonly path: string; readonly tag?: string }> {
  const colon = text.lastIndexOf(':');
  const isWhole = colon <= 0 || colon < text.lastIndexOf('/') || (await exists(text));
  return isWhole ? { path: text } : { path: text.slice(0, colon), tag: text.slice(colon + 1) };
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
