import { join } from 'node:path';
import { keptArchive } from '../../advisories/trivy-db/kept-archive.ts';
import { hexOf, toDigest } from '../../base/digest.ts';
import type { Signal } from '../../base/signal.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Digest } from '../../model/image.ts';
import { toArtifact, type MirroredArtifact, type PublishedKind } from './artifact.ts';
import { buildArchive } from './build-archive.ts';

/** A database that is installed here. */
export interface InstalledSource {
  status(): Promise<Installed | undefined>;
}

interface Installed {
  readonly version: AdvisoryDbVersion;
  readonly directory: string;
}

export interface MirroredDatabase {
  readonly kind: PublishedKind;
  /** What is installed now; undefined when nothing is. */
  current(): Promise<MirroredArtifact | undefined>;
  /** That, or the one before: a client may have begun with it. */
  withBlob(digest: Digest): Promise<MirroredArtifact | undefined>;
  withManifest(digest: Digest): Promise<MirroredArtifact | undefined>;
}

const KEPT = 2;

/**
 * Offers an installed database as it came, or, where its archive was not kept, packed anew.
 *
 * @param options directory: where archives that are packed here lie
 */
export function mirroredDatabase(
  kind: PublishedKind,
  source: InstalledSource,
  options: { readonly directory: string } & Signal,
): MirroredDatabase {
  /** By the digest of the installed database, the newest last. */
  const known = new Map<string, Promise<MirroredArtifact>>();

  async function current(): Promise<MirroredArtifact | undefined> {
    const installed = await source.status();
    const digest = toDigest(installed?.version.digest);
    if (!installed || !digest) return undefined;
    const found = known.get(digest) ?? describe(installed, digest);
    known.delete(digest);
    known.set(digest, found);
    for (const oldest of [...known.keys()].slice(0, -KEPT)) known.delete(oldest);
    try {
      return await found;
    } catch (error) {
      known.delete(digest);
      throw error;
    }
  }

  async function describe({ directory, version }: Installed, digest: Digest): Promise<MirroredArtifact> {
    const kept = await keptArchive({ directory, version });
    const path = join(options.directory, kind.name, hexOf(digest));
    return toArtifact(
      kept ?? (await buildArchive(path, directory, kind.file, options)),
      version.builtAt,
      kind,
    );
  }

  async function among(
    isWanted: (artifact: MirroredArtifact) => boolean,
  ): Promise<MirroredArtifact | undefined> {
    await current();
    const all = await Promise.all([...known.values()].map((each) => each.catch(() => undefined)));
    return all.find((artifact) => artifact && isWanted(artifact));
  }

  return {
    kind,
    current,
    withBlob: (digest) => among(({ archive }) => archive.digest === digest),
    withManifest: (digest) => among(({ manifest }) => manifest.digest === digest),
  };
}
