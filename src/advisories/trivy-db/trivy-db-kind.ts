import type { Digest } from '../../model/image.ts';
import type { DatabaseKind } from './database-kind.ts';
import { DATABASE_FILE, openStore, openTrivyDb, SOURCE_ID } from './trivy-db.ts';
import { verifyRecords } from './verify-installed.ts';

const NO_VERSION = { source: SOURCE_ID, digest: '' as Digest, builtAt: '' };

/** Databases of advisories. */
export const trivyDbKind: DatabaseKind = {
  id: SOURCE_ID,
  title: 'advisory database',
  file: DATABASE_FILE,
  layerType: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip',
  tag: '2',
  schema: 2,
  restMs: 3_600_000,
  async verify(file, options) {
    const verified = await verifyRecords(file, options);
    openStore(file, NO_VERSION);
    return verified;
  },
  async probe(directory) {
    await (await openTrivyDb(directory))[Symbol.asyncDispose]();
  },
};
