import type { AdvisoryStore } from '../source.ts';
import {
  publishedSource,
  type PublishedOptions,
  type PublishedSource,
  type PublishedStatus,
} from './published-source.ts';
import { openTrivyDb } from './trivy-db.ts';
import { trivyDbKind } from './trivy-db-kind.ts';

export type TrivyDbOptions = PublishedOptions;
export type TrivyDbStatus = PublishedStatus;
export type TrivyDbSource = PublishedSource<AdvisoryStore>;

/** Databases of advisories as Trivy's are published, kept in a directory that many processes may share. */
export function trivyDbSource(options: TrivyDbOptions): TrivyDbSource {
  return publishedSource(trivyDbKind, options, openTrivyDb);
}
