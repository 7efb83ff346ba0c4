import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { tar } from '../../../test/fixtures/tar-writer.ts';
import { hasPythonSqlite, pythonSqlite } from '../../../test/fixtures/python-sqlite.ts';
import { DrydockError } from '../../base/errors.ts';
import { javaDbSource } from './source.ts';
import { JAVA_DATABASE_FILE, openJavaDb } from './java-db.ts';

const SCRIPT = `
db.executescript('''
CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT, foreign key (artifact_id) references artifacts(id));
CREATE UNIQUE INDEX artifacts_idx ON artifacts(artifact_id, group_id);
CREATE INDEX indices_artifact_idx ON indices(artifact_id);
CREATE UNIQUE INDEX indices_sha1_idx ON indices(sha1);
''')
def add(id, group, artifact, *jars):
    db.execute('INSERT INTO artifacts VALUES (?, ?, ?)', (id, group, artifact))
    for version, sha1, kind in jars:
        db.execute('INSERT INTO indices VALUES (?, ?, ?, ?)', (id, version, bytes.fromhex(sha1 * 40), kind))
add(1, 'jstl', 'jstl', ('1.2', '1', 'jar'))
add(2, 'javax.servlet', 'jstl', ('1.2', '2', 'jar'), ('1.2', '3', 'jar'), ('1.1', '4', 'jar'))
add(3, 'com.android', 'jstl', ('1.2', '5', 'aar'), ('1.2', '6', 'aar'), ('1.2', '7', 'aar'))
add(4, 'org.none', 'none')
for i in range(5000):
    db.execute('INSERT INTO artifacts VALUES (?, ?, ?)', (10 + i, 'org.filler', 'filler-%d' % i))
    db.execute('INSERT INTO indices VALUES (?, ?, ?, ?)', (10 + i, '1', b'%020d' % i, 'jar'))
`;

const directory = mkdtempSync(join(tmpdir(), 'drydock-java-db-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const put = (content: Uint8Array): void => writeFileSync(join(directory, JAVA_DATABASE_FILE), content);

describe.skipIf(!hasPythonSqlite)('the database of Java archives (needs python3 with sqlite3)', () => {
  if (hasPythonSqlite) put(pythonSqlite(SCRIPT));

  test('digests are found', () => {
    using db = openJavaDb(directory);
    expect(db.findBySha1('2'.repeat(40))).toEqual({
      group: 'javax.servlet',
      artifact: 'jstl',
      version: '1.2',
    });
    expect(db.findBySha1(Buffer.from('00000000000000004999').toString('hex'))?.artifact).toBe('filler-4999');
    for (const unknown of ['8'.repeat(40), '', 'no digest', '2'.repeat(39)]) {
      expect(db.findBySha1(unknown)).toBeUndefined();
    }
  });
  test.each([
    ['javax.servlet', 'jstl', true],
    ['jstl', 'jstl', true],
    ['org.filler', 'filler-77', true],
    ['javax', 'jstl', false],
    ['jstl', 'javax.servlet', false],
    ['org.none', 'none', false],
    ['', '', false],
  ])('%s:%s is published: %s', (group, artifact, expected) => {
    using db = openJavaDb(directory);
    expect(db.hasArtifact(group, artifact)).toBe(expected);
  });
  test.each([
    ['jstl', '1.2', 'javax.servlet'],
    ['jstl', '1.1', 'javax.servlet'],
    ['jstl', '1.3', undefined],
    ['none', '1', undefined],
  ])('the name %s-%s is that of %s', (artifact, version, group) => {
    using db = openJavaDb(directory);
    expect(db.findGroup(artifact, version)).toBe(group);
  });
  test('one is imported from an archive, and used from then on', async () => {
    const metadata = { Version: 1, UpdatedAt: '2026-01-01T00:00:00Z', NextUpdate: '2026-01-04T00:00:00Z' };
    const archive = join(directory, 'javadb.tar');
    const files = [
      { path: JAVA_DATABASE_FILE, content: pythonSqlite(SCRIPT) },
      { path: 'metadata.json', content: Buffer.from(JSON.stringify(metadata)) },
    ];
    writeFileSync(archive, tar(files));
    const source = javaDbSource({
      root: join(directory, 'cache'),
      sources: [],
      registry: () => Promise.reject(new Error('not asked')),
      now: () => new Date('2026-01-05T00:00:00Z'),
    });
    const signal = new AbortController().signal;
    await expect(source.open()).rejects.toThrow('there is no database of Java archives');
    const version = await source.importFrom(archive, { signal });
    expect(version).toMatchObject({ source: 'java-db', builtAt: metadata.UpdatedAt });
    // Due by its own word, but asked for within a day.
    expect(await source.update({ signal })).toEqual(version);
    expect(await source.verify({ signal })).toMatchObject({ isAsInstalled: true });
    using db = await source.open();
    expect(db.findBySha1('1'.repeat(40))?.group).toBe('jstl');
  });
  test('a database of another kind is refused', () => {
    const other = join(directory, 'other');
    expect(() => openJavaDb(other)).toThrow(DrydockError);
    put(pythonSqlite(`db.execute('CREATE TABLE other(x)')`));
    expect(() => openJavaDb(directory)).toThrow(DrydockError);
    put(Buffer.alloc(5000));
    expect(() => openJavaDb(directory)).toThrow(DrydockError);
  });
});
