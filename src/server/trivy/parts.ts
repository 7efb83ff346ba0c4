import type { FastifyRequest } from 'fastify';
import type { Inventory } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import type { Caller } from '../caller.ts';

/** What clients put, as bytes under their keys: the values that Trivy's own caches hold. */
export interface TrivyBlobs {
  getBlob(id: string): Promise<Uint8Array | undefined>;
  putBlob(id: string, value: Uint8Array): Promise<void>;
  deleteBlobs(ids: readonly string[]): Promise<void>;
  /** Those of the blobs that are there, in any order. */
  hasBlobs(ids: readonly string[]): Promise<Iterable<string>>;
  getArtifact(id: string): Promise<Uint8Array | undefined>;
  putArtifact(id: string, value: Uint8Array): Promise<void>;
}

/** Judges what clients found, by the databases in use. Findings name the very packages they were given. */
export type AssessBlobs = (
  image: Image,
  inventory: Inventory,
  options: { readonly vulnerabilities: boolean; readonly severitySources: readonly string[] },
) => Promise<Pick<Report, 'findings' | 'endOfLife'>>;

/** Everything that the door for Trivy's clients needs, and how it may be set. */
export interface TrivyDoorParts {
  readonly blobs: TrivyBlobs;
  readonly assess: AssessBlobs;
  /** Names the databases in use: answers made by others are not told again. Asked for with every Scan. */
  readonly databaseIdentity: () => string | Promise<string>;
  /** In front of the services' names. Default `/twirp`. */
  readonly pathPrefix?: string;
  /** What clients must send. Without it and without `authenticate` everybody is let in. */
  readonly token?: string;
  /** In which header. Default `Trivy-Token`. */
  readonly tokenHeader?: string;
  /** Lets in who has no such token, or throws; who may not `scan` is turned away all the same. */
  readonly authenticate?: (request: FastifyRequest) => Promise<Caller>;
  /** Of one request. Default 64 MiB. */
  readonly bodyLimitBytes?: number;
  /** Answers of Scan that are kept to be told again. Default 128 MiB. */
  readonly answerCacheBytes?: number;
  /** For how long an answer is told again without a look at its blobs, which others may have changed. Default 10. */
  readonly trustSeconds?: number;
  /** Scans worked on at one time; default 4. */
  readonly scansAtOnce?: number;
  /** More that may wait; others are told to come again. Default 256. */
  readonly scansWaiting?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
