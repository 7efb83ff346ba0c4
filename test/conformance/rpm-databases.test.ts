import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CodecError } from '../../src/codec/codec-error.ts';
import { readNdb } from '../../src/codec/ndb.ts';
import { readRpmDatabase } from '../../src/ecosystems/rpm/read-database.ts';
import type { Package } from '../../src/model/package.ts';
import { runs } from '../fixtures/images.ts';
import { shared } from '../fixtures/shared.ts';

const folder = join(shared ?? '', 'data', 'images');

/** What the native rpm reads; its own ndb reader is mostly left out of builds. */
const ROOTS: readonly (readonly [tarball: string, directory: string, backend: string])[] = [
  ['almalinux-8.8-20230523-micro-s390x.tar.xz', 'var/lib/rpm', 'bdb_ro'],
  ['almalinux-9.0-20220527-micro-aarch64.tar.xz', 'var/lib/rpm', 'bdb_ro'],
  ['almalinux-9.1-20230222-micro-aarch64.tar.xz', 'var/lib/rpm', 'sqlite'],
  ['amazonlinux-2023-rpmdb-only.tar.gz', 'var/lib/rpm', 'sqlite'],
  ['cbl-mariner-2.0-rpmdb-only.tar.gz', 'var/lib/rpm', 'sqlite'],
  ['rhel-8.8-libuuid-rpmdb-only.tar.gz', 'var/lib/rpm', 'bdb_ro'],
];
const NDB = ['sle-15.3-bci-rpmdb-only.tar.gz', 'usr/lib/sysimage/rpm'] as const;

const TAGS = 'NAME EPOCHNUM VERSION RELEASE ARCH SOURCERPM LICENSE VENDOR SIGMD5 MODULARITYLABEL'.split(' ');

let workFolder = '';

function unpack(tarball: string, directory: string): string {
  const target = mkdtempSync(join(workFolder, 'root-'));
  execFileSync('tar', [
    '-xf',
    join(folder, tarball),
    '-C',
    target,
    '--no-same-owner',
    '--wildcards',
    `*${directory}/*`,
  ]);
  return join(target, directory);
}

/** A line a package, sorted. A package in a database is read only if rpm finds the digests of its header right. */
function nativeLines(directory: string, backend: string): string[] {
  const format = `${TAGS.map((tag) => `%{${tag}}`).join('|')}\n`;
  const output = execFileSync(
    'rpm',
    ['-qa', '--dbpath', directory, '--define', `_db_backend ${backend}`, '--qf', format],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return output.trim().split('\n').filter(Boolean).sort();
}

function ourLines(packages: readonly Package[] | undefined): string[] {
  return (packages ?? []).map(lineOf).sort();
}

function lineOf({ name, version, architecture, source, licenses, ...pkg }: Package): string {
  const [, epoch = '0', bare = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const cut = bare.lastIndexOf('-');
  const sourceFile = source && `${source.name}-${source.version.replace(/^\d+:/, '')}.src.rpm`;
  const md5 = pkg.archiveDigest?.replace('md5:', '');
  const fields = [architecture, sourceFile, licenses[0], pkg.maintainer, md5, pkg.modularityLabel];
  const written = fields.map((field) => field ?? '(none)');
  return [name, epoch, bare.slice(0, cut), bare.slice(cut + 1), ...written].join('|');
}

/** All packages of the one database in a directory. */
function read(directory: string): ReturnType<typeof readRpmDatabase> {
  const names = readdirSync(directory);
  const name =
    ['rpmdb.sqlite', 'Packages.db', 'Packages'].find((candidate) => names.includes(candidate)) ?? '';
  const content = readFileSync(join(directory, name));
  const log = join(directory, `${name}-wal`);
  return readRpmDatabase({ path: name, content, ...(existsSync(log) && { wal: readFileSync(log) }) });
}

const isMissing = !shared || !existsSync(folder) || !runs('rpm');

describe.skipIf(isMissing)('rpm databases against the native rpm (needs ../shared and rpm)', () => {
  beforeAll(() => void (workFolder = mkdtempSync(join(tmpdir(), 'drydock-rpm-'))));
  afterAll(() => rmSync(workFolder, { recursive: true, force: true }));

  test.each(ROOTS)('%s', (tarball, directory, backend) => {
    const place = unpack(tarball, directory);
    const { packages, diagnostics } = read(place);
    expect(diagnostics).toEqual([]);
    expect(ourLines(packages)).toEqual(nativeLines(place, backend));
  });

  describe.skipIf(!runs('sqlite3'))('by way of sqlite3', () => {
    /** The headers of the ndb database in a database of the native rpm, all of them in its write-ahead log. */
    function carryOver(journal: string, pageBytes: number): { from: string; to: string } {
      const from = unpack(...NDB);
      const to = mkdtempSync(join(workFolder, 'sqlite-'));
      const base = mkdtempSync(join(workFolder, 'base-'));
      execFileSync('rpm', ['--initdb', '--dbpath', base, '--define', '_db_backend sqlite']);
      const file = join(base, 'rpmdb.sqlite');
      const blobs = [...readNdb(readFileSync(join(from, 'Packages.db')))].map((blob) => {
        if (blob instanceof CodecError) throw blob;
        return `INSERT INTO Packages(blob) VALUES (x'${Buffer.from(blob).toString('hex')}');`;
      });
      const script = join(base, 'script.sql');
      writeFileSync(
        script,
        [
          `PRAGMA journal_mode=DELETE; PRAGMA page_size=${pageBytes}; VACUUM;`,
          `PRAGMA journal_mode=${journal}; PRAGMA wal_autocheckpoint=0;`,
          ...blobs,
          `.system cp ${file}* ${to}`,
        ].join('\n'),
      );
      execFileSync('sqlite3', ['-batch', file, `.read ${script}`]);
      return { from, to };
    }

    test.each([
      ['DELETE', 4096],
      ['WAL', 512],
      ['WAL', 4096],
      ['WAL', 65_536],
    ])('an ndb database in one of SQLite, journal mode %s, pages of %i bytes', (journal, pageBytes) => {
      const { from, to } = carryOver(journal, pageBytes);
      const ndb = read(from);
      expect(ndb.diagnostics).toEqual([]);
      expect(ndb.packages).toHaveLength(35);
      const withLog = read(to);
      expect(withLog.diagnostics).toEqual([]);
      expect(ourLines(withLog.packages)).toEqual(ourLines(ndb.packages));
      const content = readFileSync(join(to, 'rpmdb.sqlite'));
      const alone = readRpmDatabase({ path: 'rpmdb.sqlite', content }).packages;
      expect(alone).toHaveLength(journal === 'WAL' ? 0 : 35);
      // Asked last, since it writes the log into the database.
      expect(ourLines(ndb.packages)).toEqual(nativeLines(to, 'sqlite'));
    });
  });
});
