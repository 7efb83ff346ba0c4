import { eachFile, type Analyzer } from '../../analysis/analyzer.ts';
import { rpm } from '../../versions/rpm.ts';
import type { Ecosystem } from '../ecosystem.ts';
import { beginDatabases } from './database-session.ts';
import { parseManifest } from './parse-manifest.ts';
import { parseBuildFile } from './red-hat-build.ts';

const DIRECTORIES = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'];
const NAMES = ['Packages', 'Packages.db', 'rpmdb.sqlite', 'rpmdb.sqlite-wal'];
const PLACES: ReadonlySet<string> = new Set(
  DIRECTORIES.flatMap((directory) => NAMES.map((name) => directory + name)),
);
const MIB = 1 << 20;

/** The database of rpm: Berkeley DB, ndb or SQLite, whose newest pages may lie in a log beside it. */
const rpmDatabase: Analyzer = {
  id: 'rpm-database',
  reads: 'rpmdb.sqlite, Packages.db, Packages',
  version: 4,
  maxFileBytes: 256 * MIB,
  wants: ({ path }) => PLACES.has(path),
  linkedNames: NAMES,
  usualPlaces: [...PLACES],
  begin: () => beginDatabases((path) => PLACES.has(path)),
};

/** What distroless images of Azure Linux and Mariner have in place of a database. */
const rpmManifest: Analyzer = {
  id: 'rpm-manifest',
  reads: 'var/lib/rpmmanifest/container-manifest-2',
  version: 2,
  maxFileBytes: 16 * MIB,
  wants: ({ path }) => path === 'var/lib/rpmmanifest/container-manifest-2',
  usualPlaces: ['var/lib/rpmmanifest/container-manifest-2'],
  begin: eachFile(({ path, content }) => parseManifest(Buffer.from(content).toString(), path)),
};

/** What Red Hat's builds leave in an image about themselves. */
const redHatBuild: Analyzer = {
  id: 'red-hat-build',
  reads: 'buildinfo of Red Hat',
  version: 2,
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
