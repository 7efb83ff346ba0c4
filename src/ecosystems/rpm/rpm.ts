import { eachFile, type Analyzer, type AnalyzerSession, type FileResult } from '../../analysis/analyzer.ts';
import { rpm } from '../../versions/rpm.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { parseManifest } from './parse-manifest.ts';
import { readRpmDatabase } from './read-database.ts';
import { parseBuildFile } from './red-hat-build.ts';

const DIRECTORIES = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'];
const NAMES = ['Packages', 'Packages.db', 'rpmdb.sqlite', 'rpmdb.sqlite-wal'];
const PLACES: ReadonlySet<string> = new Set(
  DIRECTORIES.flatMap((directory) => NAMES.map((name) => directory + name)),
);
const WAL = '-wal';
const MIB = 1 << 20;

/** The database of rpm: Berkeley DB, ndb or SQLite, whose newest pages may lie in a log beside it. */
const rpmDatabase: Analyzer = {
  id: 'rpm-database',
  version: 1,
  maxFileBytes: 256 * MIB,
  wants: ({ path }) => PLACES.has(path),
  linkedNames: NAMES,
  usualPlaces: [...PLACES],
  begin: beginDatabase,
};

function beginDatabase(): AnalyzerSession {
  const databases = new Map<string, Uint8Array>();
  const logs = new Map<string, Uint8Array>();
  const results = new Map<string, FileResult>();
  return {
    add({ path, content }) {
      if (path.endsWith('.sqlite')) databases.set(path, content.slice());
      else if (path.endsWith(WAL)) logs.set(path.slice(0, -WAL.length), content.slice());
      // The other formats stand alone: no need to hold them.
      else if (PLACES.has(path) || looksLikeDatabase(content))
        results.set(path, readRpmDatabase({ path, content }));
      return undefined;
    },
    end() {
      for (const [path, content] of databases) {
        const wal = logs.get(path);
        results.set(path, readRpmDatabase({ path, content, ...(wal && { wal }) }));
      }
      for (const [path, wal] of logs) {
        if (wal.length > 0 && !databases.has(path)) results.set(path + WAL, lonelyLog());
      }
      return results;
    },
  };
}

/** Elsewhere a file called `Packages` is mostly an index of some archive. */
function looksLikeDatabase(content: Uint8Array): boolean {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.length < 16) return false;
  return (
    bytes.toString('latin1', 0, 4) === 'RpmP' ||
    [bytes.readUInt32LE(12), bytes.readUInt32BE(12)].includes(0x00061561)
  );
}

function lonelyLog(): FileResult {
  const message = 'changes to the package database whose main file lies in another layer; they were not read';
  return { diagnostics: [{ code: 'RPM_WAL_WITHOUT_DATABASE', message }] };
}

/** What distroless images of Azure Linux and Mariner have in place of a database. */
const rpmManifest: Analyzer = {
  id: 'rpm-manifest',
  version: 1,
  maxFileBytes: 16 * MIB,
  wants: ({ path }) => path === 'var/lib/rpmmanifest/container-manifest-2',
  usualPlaces: ['var/lib/rpmmanifest/container-manifest-2'],
  begin: eachFile(({ path, content }) => parseManifest(Buffer.from(content).toString(), path)),
};

/** What Red Hat's builds leave in an image about themselves. */
const redHatBuild: Analyzer = {
  id: 'red-hat-build',
  version: 1,
  maxFileBytes: MIB,
  wants: ({ path }) =>
    /^(?:root\/buildinfo\/content_manifests|usr\/share\/buildinfo)\/[^/]+\.json$/.test(path) ||
    /^root\/buildinfo\/Dockerfile[^/]*$/.test(path),
  usualPlaces: ['root/buildinfo/', 'root/buildinfo/content_manifests/', 'usr/share/buildinfo/'],
  begin: eachFile(({ path, content }) => parseBuildFile(Buffer.from(content).toString(), path)),
};

/** Packages of Red Hat, SUSE, Amazon and their kin. */
export const rpmEcosystem: Ecosystem = {
  type: 'rpm',
  analyzers: [rpmDatabase, rpmManifest, redHatBuild],
  versions: rpm,
};
