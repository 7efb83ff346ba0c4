import { expect, test } from 'vitest';
import { writeHeader } from '../../../test/fixtures/rpm-database-writer.ts';
import { writeSqlite, writeWal } from '../../../test/fixtures/sqlite-writer.ts';
import { beginDatabases } from './database-session.ts';

const DATABASE = 'var/lib/rpm/rpmdb.sqlite';

const databaseOf = (name: string): Buffer =>
  writeSqlite('Packages', [[1, writeHeader({ name, version: '1.0', release: '1' })]]);

/** As layers come: pieces of one Buffer, which holds other bytes as soon as a file has been handed over. */
function namesIn(files: readonly (readonly [path: string, content: Buffer])[]): string[] {
  const session = beginDatabases(() => true);
  for (const [path, content] of files) {
    session.add({ path, sizeBytes: content.length, mode: 0o644, content });
    content.fill(0xff);
  }
  const results = [...(session.end?.().values() ?? [])];
  return results.flatMap(({ packages = [], diagnostics = [] }) => [
    ...packages.map(({ name }) => name),
    ...diagnostics.map(({ code }) => code),
  ]);
}

test('a database is read after the buffer it came in was used again', () => {
  expect(namesIn([[DATABASE, databaseOf('bash')]])).toEqual(['bash']);
});

test('so is the log beside it', () => {
  const newer = databaseOf('zsh');
  const frames = [{ page: 2, content: newer.subarray(4096, 8192), commit: true }];
  expect(
    namesIn([
      [`${DATABASE}-wal`, writeWal(frames, 'little')],
      [DATABASE, databaseOf('bash')],
    ]),
  ).toEqual(['zsh']);
});
