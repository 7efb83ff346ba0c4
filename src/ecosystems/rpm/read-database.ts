import type { FileResult } from '../../analysis/analyzer.ts';
import { readBerkeleyDb } from '../../codec/berkeley-db.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { readNdb } from '../../codec/ndb.ts';
import { openSqlite } from '../../codec/sqlite/sqlite.ts';
import { rpm } from '../../versions/rpm.ts';
import { openDiagnosticList, shown, type DiagnosticList } from '../diagnostic-list.ts';
import { readRpmPackage, withDependencies, type RpmEntry } from './rpm-package.ts';

/** Real databases hold a few thousand packages. */
const MAX_PACKAGES = 200_000;

/** One package database with the write-ahead log that lies beside it. */
export interface RpmDatabase {
  readonly path: string;
  readonly content: Uint8Array;
  readonly wal?: Uint8Array;
}

/** Installed packages of an rpm database in any of its three formats. What cannot be read is said. */
export function readRpmDatabase(database: RpmDatabase): FileResult {
  const diagnostics = openDiagnosticList();
  const entries: RpmEntry[] = [];
  try {
    for (const blob of blobsOf(database, diagnostics)) {
      if (entries.length >= MAX_PACKAGES) {
        diagnostics.add('PACKAGE_LIMIT', `only the first ${MAX_PACKAGES} packages were read`);
        break;
      }
      const entry = toEntry(blob, database.path, diagnostics);
      if (entry) entries.push(entry);
    }
  } catch (error) {
    if (!(error instanceof CodecError) && !(error instanceof RangeError)) throw error;
    diagnostics.add(
      'RPM_DATABASE_BROKEN',
      `the package database cannot be read to its end: ${error.message}`,
    );
  }
  return { packages: withDependencies(entries), diagnostics: diagnostics.all() };
}

function* blobsOf({ path, content, wal }: RpmDatabase, diagnostics: DiagnosticList): Generator<Uint8Array> {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'rpmdb.sqlite') {
    for (const [, blob] of openSqlite(content, wal).rows('Packages')) if (Buffer.isBuffer(blob)) yield blob;
    return;
  }
  const isNdb = name === 'Packages.db';
  const { blobs, damaged } = isNdb ? readNdb(content) : valuesOf(content);
  if (damaged > 0)
    diagnostics.add('RPM_DATABASE_BROKEN', `${damaged} entries of the package database are damaged`);
  yield* blobs;
}

function valuesOf(content: Uint8Array): { blobs: Uint8Array[]; damaged: number } {
  const { values, damaged } = readBerkeleyDb(content);
  return { blobs: values, damaged };
}

function toEntry(blob: Uint8Array, path: string, diagnostics: DiagnosticList): RpmEntry | undefined {
  let entry: RpmEntry | undefined;
  try {
    entry = readRpmPackage(blob, path);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    diagnostics.add('RPM_DATABASE_BROKEN', `a package header is damaged: ${error.message}`);
    return undefined;
  }
  if (!entry) {
    diagnostics.add('PACKAGE_RECORD_INVALID', 'a package header without name or version is left out');
    return undefined;
  }
  if (!rpm.parse(entry.pkg.version)) {
    const { name, version } = entry.pkg;
    diagnostics.add(
      'PACKAGE_VERSION_INVALID',
      `package ${shown(name)} has ${shown(version)} for a version, which is not compared`,
    );
  }
  return entry;
}
