import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LayoutWriter } from '../../../test/fixtures/layout-writer.ts';
import { gzippedTar, tar } from '../../../test/fixtures/tar-writer.ts';
import {
  databaseArchive,
  databaseFile,
  metadataFile,
  type DatabaseContent,
} from '../../../test/fixtures/trivy-db.ts';
import { shared } from '../../../test/fixtures/shared.ts';
import { notices, type Notice } from '../../base/channels.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Digest } from '../../model/image.ts';
import type { DatabaseRegistry } from './registry-artifact.ts';
import { trivyDbSource, type TrivyDbOptions, type TrivyDbSource } from './source.ts';

const signal = new AbortController().signal;
const NOW = new Date('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;

const contentWith = (fixed: string): DatabaseContent => ({
  advisories: { 'debian 12': { openssl: { 'CVE-2024-1': { FixedVersion: fixed } } } },
  vulnerabilities: Object.fromEntries(
    Array.from({ length: 2000 }, (_, i) => [`CVE-2024-${i}`, { Title: `${fixed} ${i}` }]),
  ),
});
const older = databaseArchive(contentWith('1'), {
  updatedAt: '2026-11-20T06:00:00Z',
  nextUpdateAt: '2026-11-21T06:00:00Z',
});
const newer = databaseArchive(contentWith('2'));
const digestOf = (archive: Buffer): string => `sha256:${createHash('sha256').update(archive).digest('hex')}`;

let root: string;
let now: Date;
let told: Notice[];
const listener = (notice: Notice): void => void told.push(notice);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drydock-source-'));
  now = NOW;
  told = [];
  notices.subscribe(listener);
});
afterEach(() => {
  notices.unsubscribe(listener);
  rmSync(root, { recursive: true, force: true });
});

const noRegistry = (): Promise<DatabaseRegistry> => Promise.reject(new Error('asked a registry'));
const source = (sources: readonly string[], more: Partial<TrivyDbOptions> = {}): TrivyDbSource =>
  trivyDbSource({ root: join(root, 'cache'), sources, registry: noRegistry, now: () => now, ...more });

function layout(archive: Buffer, name = 'layout', tag = '2'): string {
  const writer = new LayoutWriter(join(root, name));
  writer.tag(writer.database(archive), tag);
  return `oci:${writer.folder}`;
}

function file(archive: Buffer, name = 'db.tar.gz'): string {
  writeFileSync(join(root, name), archive);
  return join(root, name);
}

async function fixedVersion(of: TrivyDbSource): Promise<string | undefined> {
  await using store = await of.open();
  return store.find({ ecosystem: 'Debian:12', name: 'openssl' })[0]?.affected[0]?.fixed;
}

async function openedAt(of: TrivyDbSource): Promise<string> {
  await using store = await of.open();
  return store.version.builtAt;
}

/** What lies in the directory of databases, whatever the names of temporary ones. */
const places = (): string[] =>
  readdirSync(join(root, 'cache', 'trivy-db'))
    .map((name) => (/^[0-9a-f]{64}$/.test(name) ? 'database' : name.replace(/^tmp-.*/, 'tmp')))
    .sort();

describe('updating', () => {
  test('brings a database, and opening finds it', async () => {
    const db = source([layout(newer)]);
    expect(await db.current()).toBeUndefined();
    await expect(db.open()).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
    const version = await db.update({ signal });
    expect(version).toEqual({
      source: 'trivy-db',
      digest: digestOf(newer),
      builtAt: '2026-11-21T06:00:00Z',
      nextUpdateAt: '2026-11-22T06:00:00Z',
    });
    expect(await db.current()).toEqual(version);
    expect(await fixedVersion(db)).toBe('2');
    expect(places()).toEqual(['current.json', 'database']);
    expect(await db.status()).toMatchObject({ isDue: false, checkedAt: NOW.toISOString(), version });
  });

  test.each([
    ['of an archive', () => file(newer)],
    [
      'of a plain tar',
      () =>
        file(
          tar([
            { path: './db/trivy.db', content: databaseFile(contentWith('2')) },
            { path: './db/metadata.json', content: metadataFile() },
          ]),
          'db.tar',
        ),
    ],
    ['of a layout by its tag', () => `${layout(newer, 'tagged', 'mine')}:mine`],
    [
      'of a layout in an archive',
      () => {
        const folder = layout(newer, 'packed').slice(4);
        const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
          (path) => path.includes('.') || path.includes('blobs/sha256/') || path === 'oci-layout',
        );
        return file(
          tar(paths.map((path) => ({ path, content: readFileSync(join(folder, path)) }))),
          'layout.tar',
        );
      },
    ],
  ])('comes %s', async (_, make) => {
    const db = source([make()]);
    await db.update({ signal });
    expect(await fixedVersion(db)).toBe('2');
    expect((await db.verify({ signal })).isAsInstalled).toBe(true);
  });

  test('an unchanged digest moves only the time of the last check', async () => {
    const path = layout(older);
    const db = source([path]);
    await db.update({ signal });
    const before = readFileSync(join((await db.status())?.directory ?? '', 'origin.json'), 'utf8');
    now = new Date(NOW.getTime() + 2 * HOUR);
    expect((await db.status())?.isDue).toBe(true);
    await db.update({ signal });
    const status = await db.status();
    expect(status).toMatchObject({
      checkedAt: now.toISOString(),
      isDue: false,
      installedAt: NOW.toISOString(),
    });
    expect(readFileSync(join(status?.directory ?? '', 'origin.json'), 'utf8')).toBe(before);
  });

  test('is due only after the next build and an hour since the last look', async () => {
    const db = source([layout(older)]);
    await db.update({ signal });
    const dueAfter = async (ms: number): Promise<boolean | undefined> => {
      now = new Date(NOW.getTime() + ms);
      return (await db.status())?.isDue;
    };
    expect(await dueAfter(HOUR - 1)).toBe(false);
    expect(await dueAfter(HOUR)).toBe(true);
    expect(await dueAfter(-48 * HOUR), 'a last look in the future').toBe(true);
    const fresh = source([layout(newer, 'fresh')]);
    now = NOW;
    await fresh.update({ signal, force: true });
    expect(await dueAfter(17 * HOUR)).toBe(false);
    expect(await dueAfter(18 * HOUR)).toBe(true);
  });

  test('without being due nothing is asked, unless forced', async () => {
    await source([layout(newer)]).update({ signal });
    const broken = source([join(root, 'nowhere.tar')]);
    expect((await broken.update({ signal })).digest).toBe(digestOf(newer));
    await expect(broken.update({ signal, force: true })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
  });
});

interface FakeRegistry extends DatabaseRegistry {
  readonly asked: string[];
}

/** Cuts every answer after so many bytes. */
function registry(
  archive: Buffer,
  options: {
    cutAfter?: number;
    fail?: (repository: string) => DrydockError | undefined;
    content?: Buffer;
  } = {},
): FakeRegistry {
  const writer = new LayoutWriter(mkdtempSync(join(root, 'registry-')));
  const manifest = writer.database(archive);
  const bytes = readFileSync(join(writer.folder, 'blobs', 'sha256', manifest.digest.slice(7)));
  const asked: string[] = [];
  return {
    asked,
    async fetchManifest({ registry: host, repository, tag }) {
      asked.push(`${host}/${repository}:${tag ?? ''}`);
      const error = options.fail?.(repository);
      if (error) throw error;
      return { bytes, mediaType: manifest.mediaType, digest: manifest.digest as Digest };
    },
    async *openBlob(_, _blob, { offset = 0 }) {
      asked.push(`blob from ${offset}`);
      const whole = options.content ?? archive;
      const end =
        options.cutAfter === undefined ? whole.length : Math.min(whole.length, offset + options.cutAfter);
      for (let at = offset; at < end; at += 1000) yield whole.subarray(at, Math.min(at + 1000, end));
      if (end < whole.length) throw new DrydockError('REGISTRY_UNREACHABLE', 'the connection was cut');
    },
  };
}

describe('registries', () => {
  test('the tag is that of the schema when none is named', async () => {
    const fake = registry(newer);
    await source(['example.org/db'], { registry: async () => fake }).update({ signal });
    expect(fake.asked).toEqual(['example.org/db:2', 'blob from 0']);
  });

  test('a cut download goes on where it broke', async () => {
    const cutAfter = Math.ceil(newer.length / 3);
    const fake = registry(newer, { cutAfter });
    const db = source(['example.org/db'], { registry: async () => fake });
    await db.update({ signal });
    expect(fake.asked.slice(1)).toEqual([0, cutAfter, 2 * cutAfter].map((offset) => `blob from ${offset}`));
    expect(await fixedVersion(db)).toBe('2');
  });

  test('any failure goes on to the next source, with a word about it', async () => {
    const errors: Record<string, DrydockError> = {
      missing: new DrydockError('IMAGE_NOT_FOUND', 'there is nothing (404)'),
      busy: new DrydockError('REGISTRY_BUSY', 'too many requests (429)'),
      denied: new DrydockError('REGISTRY_DENIED', 'refused (403)'),
    };
    const fake = registry(newer, { fail: (repository) => errors[repository] });
    const names = ['example.org/missing', 'example.org/busy', 'example.org/denied', 'example.org/good'];
    await source([...names.slice(0, 3), 'Not A Reference', names[3] ?? ''], {
      registry: async () => fake,
    }).update({ signal });
    expect(told.map(({ code }) => code)).toEqual(Array(4).fill('DATABASE_SOURCE_FAILED'));
    expect(told[1]?.message).toBe('example.org/busy: too many requests (429)');
  });

  test('when all fail, each reason is told and what is in use stays', async () => {
    const db = source([layout(older)]);
    await db.update({ signal });
    now = new Date(NOW.getTime() + 2 * HOUR);
    const fake = registry(newer, {
      fail: () => new DrydockError('IMAGE_NOT_FOUND', 'there is nothing (404)'),
    });
    const failing = source(['a.example/x', join(root, 'gone.tar')], { registry: async () => fake });
    const error = await failing.update({ signal }).catch((thrown: unknown) => thrown as DrydockError);
    expect(error).toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect((error as Error).message).toMatch(
      /a\.example\/x: there is nothing \(404\); .*gone\.tar: .*does not exist/,
    );
    expect(await fixedVersion(failing)).toBe('1');
  });

  test('offline, registries are not asked but files are', async () => {
    const options = { offline: true };
    await expect(source(['example.org/db'], options).update({ signal })).rejects.toThrow(
      /no network may be used/,
    );
    await source(['example.org/db', layout(newer)], options).update({ signal });
    expect(await fixedVersion(source([]))).toBe('2');
  });

  test.each([
    ['other content than the digest says', () => Buffer.from(newer).fill(newer[500] === 0 ? 1 : 0, 500, 501)],
    ['too much', () => Buffer.concat([newer, Buffer.from('x')])],
  ])('%s is refused', async (_, content) => {
    const fake = registry(newer, { content: content() });
    const attempt = source(['example.org/db'], { registry: async () => fake }).update({ signal });
    await expect(attempt).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(places()).toEqual([]);
  });

  test('artifacts of another shape are refused', async () => {
    const writer = new LayoutWriter(join(root, 'odd'));
    const config = writer.json({}, 'application/vnd.aquasec.trivy.config.v1+json');
    const layer = { ...writer.blob(newer, 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip') };
    const titled = (title: string): object => ({
      ...layer,
      annotations: { 'org.opencontainers.image.title': title },
    });
    const cases: Record<string, object[]> = {
      none: [],
      two: [titled('db.tar.gz'), titled('db.tar.gz')],
      untitled: [layer],
      outside: [titled('../db.tar.gz')],
      absolute: [titled('/etc/db.tar.gz')],
      image: [{ ...titled('db.tar.gz'), mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip' }],
    };
    for (const [tag, layers] of Object.entries(cases)) {
      writer.tag(
        writer.json({ schemaVersion: 2, config, layers }, 'application/vnd.oci.image.manifest.v1+json'),
        tag,
      );
      const attempt = source([]).importFrom(`oci:${writer.folder}:${tag}`, { signal });
      await expect(attempt, tag).rejects.toMatchObject({ code: 'DATABASE_UNSUPPORTED' });
    }
  });
});

describe('importing', () => {
  const db = (content: Buffer | string, metadata: string = metadataFile()): Buffer =>
    gzippedTar([
      { path: 'trivy.db', content },
      { path: 'metadata.json', content: metadata },
    ]);
  const sound = databaseFile(contentWith('3'));

  test.each([
    ['a cut archive', newer.subarray(0, newer.length >> 1), 'DATABASE_CORRUPT'],
    ['no archive', Buffer.from('hello '.repeat(200)), 'DATABASE_CORRUPT'],
    ['an empty file', Buffer.alloc(0), 'DATABASE_CORRUPT'],
    ['an archive without metadata', gzippedTar([{ path: 'trivy.db', content: sound }]), 'DATABASE_CORRUPT'],
    [
      'an archive with two databases',
      gzippedTar([
        { path: 'trivy.db', content: sound },
        { path: 'x/trivy.db', content: sound },
      ]),
      'DATABASE_CORRUPT',
    ],
    ['a cut database', db(sound.subarray(0, sound.length - 4096)), 'DATABASE_CORRUPT'],
    [
      'a damaged database',
      db(Buffer.concat([sound.subarray(0, 3 * 4096), Buffer.alloc(sound.length - 3 * 4096)])),
      'DATABASE_CORRUPT',
    ],
    ['a database of another kind', db('SQLite format 3\0'), 'DATABASE_CORRUPT'],
    ['a newer schema', db(sound, metadataFile({}, { Version: 3 })), 'DATABASE_UNSUPPORTED'],
    [
      'a link for a database',
      gzippedTar([
        { path: 'trivy.db', type: '2', link: '/etc/passwd' },
        { path: 'metadata.json', content: metadataFile() },
      ]),
      'DATABASE_CORRUPT',
    ],
  ])('%s is refused whole, and the previous database stays', async (_, archive, code) => {
    const source_ = source([]);
    await source_.importFrom(file(older, 'sound.tar.gz'), { signal });
    await expect(source_.importFrom(file(archive), { signal })).rejects.toMatchObject({ code });
    expect(await fixedVersion(source_)).toBe('1');
    expect(places()).toEqual(['current.json', 'database']);
  });

  test('a file that is not there is said not to be', async () => {
    await expect(source([]).importFrom(join(root, 'no.tar.gz'), { signal })).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
    });
  });

  test('a place that cannot be written is said to be one', async () => {
    writeFileSync(join(root, 'cache'), 'a file');
    await expect(source([]).importFrom(file(newer), { signal })).rejects.toMatchObject({
      code: 'CACHE_UNWRITABLE',
    });
  });
});

describe('a shared directory', () => {
  test('readers keep the database that they opened, however many follow', async () => {
    const db = source([]);
    await db.importFrom(file(older), { signal });
    await using store = await db.open();
    for (let i = 0; i < 4; i++) {
      now = new Date(now.getTime() + 2 * HOUR);
      await db.importFrom(file(databaseArchive(contentWith(`${10 + i}`))), { signal });
    }
    expect(store.find({ ecosystem: 'Debian:12', name: 'openssl' })[0]?.affected).toEqual([{ fixed: '1' }]);
    expect(store.vulnerability('CVE-2024-1999')?.title).toBe('1 1999');
    expect(await fixedVersion(db)).toBe('13');
    expect(places()).toEqual(['current.json', 'database', 'database']);
  });

  test('a third database stays while it is young', async () => {
    const db = source([]);
    for (let i = 0; i < 5; i++) await db.importFrom(file(databaseArchive(contentWith(`${i}`))), { signal });
    expect(places().filter((name) => name === 'database').length).toBe(3);
  });

  test('many updaters and readers at once', async () => {
    const archives = [older, newer].map((archive, i) => file(archive, `db-${i}.tar.gz`));
    await source([]).importFrom(archives[0] ?? '', { signal });
    const work = Array.from({ length: 12 }, async (_, i) => {
      const db = source([]);
      if (i % 3 === 0) await db.importFrom(archives[i % 2] ?? '', { signal });
      else expect(['1', '2']).toContain(await fixedVersion(db));
    });
    await Promise.all(work);
    expect(['1', '2']).toContain(await fixedVersion(source([])));
    expect(places()).toEqual(['current.json', 'database', 'database']);
  });

  test.each([
    ['lost', (path: string) => rmSync(path)],
    ['empty', (path: string) => writeFileSync(path, '')],
    ['wrong', (path: string) => writeFileSync(path, `{"schema":1,"digest":"sha256:${'0'.repeat(64)}"}`)],
  ])('a pointer that is %s leaves the newest database in use', async (_, spoil) => {
    const db = source([]);
    await db.importFrom(file(older), { signal });
    now = new Date(now.getTime() + HOUR);
    await db.importFrom(file(newer), { signal });
    spoil(join(root, 'cache', 'trivy-db', 'current.json'));
    expect(await fixedVersion(db)).toBe('2');
    await db.importFrom(file(older), { signal });
    expect(await fixedVersion(db)).toBe('1');
  });

  test('what is told of the database is what is opened, when a copy of another one comes piece by piece', async () => {
    const db = source([]);
    await db.importFrom(file(older), { signal });
    const site = join(root, 'cache', 'trivy-db');
    const elsewhere = source([], { root: join(root, 'elsewhere') });
    await elsewhere.importFrom(file(newer), { signal });
    const copied = (await elsewhere.status())?.directory ?? '';
    cpSync(join(dirname(copied), 'current.json'), join(site, 'current.json'));
    expect((await db.current())?.builtAt).toBe(await openedAt(db));
    cpSync(copied, join(site, basename(copied)), { recursive: true });
    expect((await db.current())?.builtAt).toBe(await openedAt(db));
    expect(await fixedVersion(db)).toBe('2');
  });

  test('a database that was damaged here is refused, told by verification, and mended by force', async () => {
    const db = source([file(newer)]);
    await db.update({ signal });
    const path = join((await db.status())?.directory ?? '', 'trivy.db');
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100);
    writeFileSync(path, bytes);
    await expect(db.verify({ signal })).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
    await db.update({ signal, force: true });
    expect((await db.verify({ signal })).isAsInstalled).toBe(true);
    truncateSync(path, bytes.length >> 1);
    await expect(db.open()).rejects.toMatchObject({ code: 'DATABASE_CORRUPT' });
    now = new Date(now.getTime() + 48 * HOUR);
    await db.update({ signal });
    expect(await fixedVersion(db)).toBe('2');
  });

  test('what dead processes left is removed; what others may still use is not', async () => {
    const place = join(root, 'cache', 'trivy-db');
    mkdirSync(place, { recursive: true });
    const mine = `tmp-${'0'.repeat(8)}-1-abcdef`;
    const old = `tmp-${'f'.repeat(8)}-1-abcdef`;
    for (const name of [mine, old, 'notes.txt']) mkdirSync(join(place, name));
    utimesSync(join(place, old), new Date(NOW.getTime() - 48 * HOUR), new Date(NOW.getTime() - 48 * HOUR));
    utimesSync(join(place, mine), NOW, NOW);
    await source([]).importFrom(file(newer), { signal });
    expect(existsSync(join(place, old))).toBe(false);
    expect(existsSync(join(place, mine))).toBe(true);
    expect(existsSync(join(place, 'notes.txt'))).toBe(true);
  });

  test('calling off leaves nothing behind', async () => {
    const controller = new AbortController();
    const fake = registry(newer);
    const open = fake.openBlob.bind(fake);
    fake.openBlob = async function* (reference, blob, options) {
      let count = 0;
      for await (const chunk of open(reference, blob, options)) {
        if (++count === 3) controller.abort();
        options.signal.throwIfAborted();
        yield chunk;
      }
    };
    const db = source(['example.org/db'], { registry: async () => fake });
    await expect(db.update({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(places()).toEqual([]);
  });
});

const real = shared && join(shared, 'data', 'trivy-db');
describe.skipIf(!real)('killed at any moment (needs ../shared)', () => {
  const entry = fileURLToPath(new URL('./source.ts', import.meta.url));

  test('a usable database is left, and the next update brings the newest', async () => {
    const script = join(root, 'update.mjs');
    await build({
      stdin: {
        contents: `import { trivyDbSource } from ${JSON.stringify(entry)};
          const [root, path] = process.argv.slice(2);
          await trivyDbSource({ root, sources: [], registry: undefined }).importFrom(path, { signal: new AbortController().signal });`,
        resolveDir: process.cwd(),
      },
      ...{
        bundle: true,
        platform: 'node',
        target: 'node20.19',
        format: 'esm',
        outfile: script,
        logLevel: 'error',
      },
    });
    const days = ['2026-10-15', '2026-11-21'].map((day) => join(real ?? '', `db-${day}.tar.gz`));
    const run = (path: string, killAfterMs?: number): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [script, join(root, 'cache'), path], { stdio: 'ignore' });
        const timer =
          killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
        child.on('close', (code) => {
          clearTimeout(timer);
          resolve(code);
        });
      });
    expect(await run(days[0] ?? '')).toBe(0);
    const db = source([]);
    for (let kill = 0; kill < 6; kill++) {
      await run(days[(kill + 1) % 2] ?? '', 150 + kill * 170);
      await using store = await db.open();
      expect(store.find({ ecosystem: 'Debian:12', name: 'openssl' }).length).toBeGreaterThan(50);
    }
    now = new Date(Date.now() + 25 * HOUR);
    expect(await run(days[1] ?? '')).toBe(0);
    expect((await db.current())?.builtAt).toBe('2026-11-21T06:00:00Z');
    expect((await db.verify({ signal })).isAsInstalled).toBe(true);
    expect(places().filter((name) => name === 'tmp')).toEqual([]);
  }, 120_000);
});
