import type { DatabaseKind } from '../trivy-db/database-kind.ts';
import {
  publishedSource,
  type PublishedOptions,
  type PublishedSource,
} from '../trivy-db/published-source.ts';
import { JAVA_DATABASE_FILE, openJavaDb, probeJavaDb, type JavaDb } from './java-db.ts';

const A_DAY_MS = 86_400_000;

/** Databases of published Java archives. Their build is slow, so that they are asked for once a day at most. */
const javaDbKind: DatabaseKind = {
  id: 'java-db',
  title: 'database of Java archives',
  file: JAVA_DATABASE_FILE,
  layerType: 'application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip',
  tag: '1',
  schema: 1,
  restMs: A_DAY_MS,
  async verify(file) {
    probeJavaDb(file);
    return { sizeBytes: file.sizeBytes, vulnerabilities: 0, advisories: 0 };
  },
  async probe(directory) {
    openJavaDb(directory).close();
  },
};

export type JavaDbSource = PublishedSource<JavaDb>;

/**
 * Databases of Java archives as Trivy's are published (`ghcr.io/aquasecurity/trivy-java-db`), kept in `java-db` below
 * the cache's directory.
 */
export function javaDbSource(options: PublishedOptions): JavaDbSource {
  return publishedSource(javaDbKind, options, async (directory) => openJavaDb(directory));
}
