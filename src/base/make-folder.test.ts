import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from './make-folder.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drydock-folder-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('makes a folder and those above it, several times over', async () => {
  const path = join(root, 'a/b/c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(root, 'a/b/d'))]);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

test('ends where no folder can be made', async () => {
  await writeFile(join(root, 'file'), '');
  await expect(makeFolder(join(root, 'file/a/b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder('/proc/drydock/a')).rejects.toThrow();
});
