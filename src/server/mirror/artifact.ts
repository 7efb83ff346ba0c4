import { sha256Of } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';

/** How a kind of database is published. */
export interface PublishedKind {
  /** The last part of its repository: `trivy-db`. */
  readonly name: string;
  readonly layerType: string;
  /** The schema version. */
  readonly tag: string;
  /** Of the archive, for tools that unpack it to a file. */
  readonly title: string;
  /** In the archive, beside `metadata.json`. */
  readonly file: string;
}

export const TRIVY_DB: PublishedKind = {
  name: 'trivy-db',
  layerType: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip',
  tag: '2',
  title: 'db.tar.gz',
  file: 'trivy.db',
};

export const TRIVY_JAVA_DB: PublishedKind = {
  name: 'trivy-java-db',
  layerType: 'application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip',
  tag: '1',
  title: 'javadb.tar.gz',
  file: 'trivy-java.db',
};

/** An archive on the disk. */
export interface Archive {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** What a registry would hold of a database. */
export interface MirroredArtifact {
  readonly archive: Archive;
  readonly manifest: { readonly bytes: Buffer; readonly digest: Digest };
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG = { bytes: Buffer.from('{}'), digest: sha256Of('{}') };
const CONFIG_TYPE = 'application/vnd.aquasec.trivy.config.v1+json';

/** The same bytes for the same archive, whichever replica is asked. */
export function toArtifact(archive: Archive, builtAt: string, kind: PublishedKind): MirroredArtifact {
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest: CONFIG.digest, size: CONFIG.bytes.length },
    layers: [
      {
        mediaType: kind.layerType,
        digest: archive.digest,
        size: archive.sizeBytes,
        annotations: { 'org.opencontainers.image.title': kind.title },
      },
    ],
    annotations: { 'org.opencontainers.image.created': builtAt },
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { archive, manifest: { bytes, digest: sha256Of(bytes) } };
}
