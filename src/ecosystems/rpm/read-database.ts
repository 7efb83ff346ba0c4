import type { FileResult } from '../../analysis/analyzer.ts';
import { readBerkeleyDb } from '../../codec/berkeley-db.ts';
import { CodecError } from '../../codec/codec-error.ts';
import { readNdb } from '../../codec/ndb.ts';
import { parseRpmHeader } from '../../codec/rpm-header.ts';
import { openSqlite, type SqliteDatabase } from '../../codec/sqlite/sqlite.ts';
import type { Package } from '../../model/package.ts';
import { rpm } from '../../versions/rpm.ts';
import { openDiagnosticList, shown, type DiagnosticList } from '../diagnostic-list.ts';
import { openDependencies, type Dependencies } from './dependencies.ts';
import { openInstalledFiles, type InstalledFiles } from './installed-files.ts';
import { toRpmPackage } from './rpm-package.ts';

/** One package database with the write-ahead log that lies beside it. */
export interface RpmDatabase {
  readonly path: string;
  readonly content: Uint8Array;
  readonly wal?: Uint8Array;
}

/** What the databases of one layer may still give together; reading takes from it. */
export interface Allowance {
  packages: number;
  characters: number;
}

/** Real databases hold a few thousand packages of a few hundred characters. */
export const MOST_OF_ONE_LAYER: Readonly<Allowance> = { packages: 100_000, characters: 64 << 20 };

/** Beyond this, what is left is no database any more. */
const MAX_DAMAGED = 1000;

const BROKEN = 'RPM_DATABASE_BROKEN';

/** Installed packages of an rpm database in any of its three formats. What cannot be read is said. */
export function readRpmDatabase(
  database: RpmDatabase,
  allowance: Allowance = { ...MOST_OF_ONE_LAYER },
): FileResult {
  const diagnostics = openDiagnosticList();
  const dependencies = openDependencies();
  const files = openInstalledFiles();
  try {
    readPackages(blobsOf(database, diagnostics), {
      path: database.path,
      allowance,
      diagnostics,
      dependencies,
      files,
    });
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    diagnostics.add(BROKEN, `the package database cannot be read: ${error.message}`);
  }
  if (!dependencies.isComplete()) {
    diagnostics.add('PACKAGE_LIMIT', 'there are too many dependencies between packages; some were not read');
  }
  if (!files.isComplete()) {
    diagnostics.add('PACKAGE_FILES_LIMIT', 'packages have too many files; those of some were not read');
  }
  return {
    packages: dependencies.resolve(),
    diagnostics: diagnostics.all(),
    installedFiles: () => files.all(),
  };
}

interface Reading {
  readonly path: string;
  readonly allowance: Allowance;
  readonly diagnostics: DiagnosticList;
  readonly dependencies: Dependencies;
  readonly files: InstalledFiles;
}

function readPackages(blobs: Iterable<Uint8Array | CodecError>, reading: Reading): void {
  const { allowance, diagnostics } = reading;
  let damaged = 0;
  for (const blob of blobs) {
    if (allowance.packages <= 0 || allowance.characters <= 0) {
      return diagnostics.add('PACKAGE_LIMIT', 'there are too many packages; the rest were not read');
    }
    const damage = blob instanceof CodecError ? blob : readPackage(blob, reading);
    if (!damage) continue;
    diagnostics.add(BROKEN, `part of the package database is damaged: ${damage.message}`);
    if (++damaged >= MAX_DAMAGED) {
      return diagnostics.add(BROKEN, 'too much of the package database is damaged; the rest was not read');
    }
  }
}

/** Answers with what is wrong with the header when it is none. */
function readPackage(blob: Uint8Array, reading: Reading): CodecError | undefined {
  const { path, allowance, diagnostics, dependencies, files } = reading;
  try {
    allowance.packages--;
    const header = parseRpmHeader(blob);
    const pkg = toRpmPackage(header, path);
    if (!pkg) {
      diagnostics.add('PACKAGE_RECORD_INVALID', 'a package header without name or version is left out');
      return undefined;
    }
    allowance.characters -= charactersOf(pkg);
    if (!rpm.parse(pkg.version)) diagnostics.add('PACKAGE_VERSION_INVALID', invalidVersion(pkg));
    dependencies.add(pkg, header);
    // Other makers' packages hide nothing: no advisory of the distribution speaks for them.
    if (!pkg.thirdParty) files.add(header);
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

function invalidVersion({ name, version }: Package): string {
  return `package ${shown(name)} has ${shown(version)} for a version, which is not compared`;
}

function charactersOf({ name, version, source, licenses, maintainer, modularityLabel }: Package): number {
  const texts = [name, version, source?.name, source?.version, maintainer, modularityLabel, ...licenses];
  return texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** By the magic of each format, not by the name: a link may give a database any name. */
function blobsOf(
  { content, wal }: RpmDatabase,
  diagnostics: DiagnosticList,
): Generator<Uint8Array | CodecError> {
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.byteLength, 16));
  if (start.toString('latin1', 0, 4) === 'RpmP') return readNdb(content);
  const isSqlite = wal !== undefined || start.toString('latin1', 0, 6) === 'SQLite';
  return isSqlite ? headersIn(openWithLog(content, wal, diagnostics)) : readBerkeleyDb(content);
}

/** The table has two columns: a number, and the header. */
function* headersIn(database: SqliteDatabase): Generator<Uint8Array | CodecError> {
  for (const row of database.rows('Packages')) {
    const blob = row instanceof CodecError ? row : row.values[1];
    const isExpected = blob instanceof CodecError || Buffer.isBuffer(blob);
    yield isExpected ? blob : new CodecError('a row of the package table without a header');
  }
}

/** A log that is none of the database's does not keep it from being read. */
function openWithLog(
  content: Uint8Array,
  wal: Uint8Array | undefined,
  diagnostics: DiagnosticList,
): SqliteDatabase {
  if (!wal || wal.length === 0) return openSqlite(content);
  try {
    return openSqlite(content, wal);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    const database = openSqlite(content);
    diagnostics.add(
      BROKEN,
      `changes to the package database in its -wal file were not read: ${error.message}`,
    );
    return database;
  }
}
