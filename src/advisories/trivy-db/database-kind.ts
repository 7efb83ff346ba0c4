import type { Signal } from '../../base/signal.ts';
import type { DatabaseFile } from './trivy-db.ts';

export interface VerifiedDatabase {
  readonly sizeBytes: number;
  readonly vulnerabilities: number;
  readonly advisories: number;
  /** The file is byte for byte as it was installed; undefined for one that was not installed by us. */
  readonly isAsInstalled?: true;
}

/** How databases of one kind are published: the layer of their artifact, and what is in it. */
export interface PublishedAs {
  readonly layerType: string;
  /** The schema version is the tag. */
  readonly tag: string;
  /** Of the database, in the archive as on the disk. */
  readonly file: string;
}

/** A kind of database that is published as an artifact, beside a `metadata.json`. */
export interface DatabaseKind extends PublishedAs {
  /** Names the source, and the directory below the cache's. */
  readonly id: string;
  /** As messages call it. */
  readonly title: string;
  /** That its metadata must name. */
  readonly schema: number;
  /** A newer one is not asked for sooner. */
  readonly restMs: number;
  /** Everything that can be known to be wrong with the content. @throws DrydockError DATABASE_CORRUPT */
  verify(file: DatabaseFile, options: Signal): Promise<VerifiedDatabase>;
  /** Opens an installed one and closes it. @throws DrydockError DATABASE_MISSING, DATABASE_CORRUPT */
  probe(directory: string): Promise<void>;
}
