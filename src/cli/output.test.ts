import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOutput } from './output.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'drydock-output-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const nowhere = { write: () => true };

async function write(path: string, pieces: Iterable<string>, commit = true): Promise<void> {
  await using output = await openOutput(path, nowhere);
  await output.write(pieces);
  if (commit) await output.commit();
}

describe('a file', () => {
  test('is there whole after the end', async () => {
    const pieces = Array.from({ length: 50_000 }, (_, i) => `${i}\n`);
    await write(join(folder, 'a'), pieces);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe(pieces.join(''));
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('that was there stays as it was until then, and for good when the scan fails', async () => {
    writeFileSync(join(folder, 'a'), 'before');
    await write(join(folder, 'a'), ['x'], false);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('before');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  test('behind a link is replaced, not the link', async () => {
    writeFileSync(join(folder, 'a'), 'before');
    symlinkSync('a', join(folder, 'link'));
    await write(join(folder, 'link'), ['after']);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('after');
  });

  test('that is a device is written to', async () => {
    await write('/dev/null', ['x']);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test.each(['missing/a', '.', 'a/b'])('%s is refused before anything is scanned', async (path) => {
    writeFileSync(join(folder, 'a'), '');
    chmodSync(join(folder, 'a'), 0o600);
    await expect(openOutput(join(folder, path), nowhere)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
  });
});

describe('standard output', () => {
  test('gets few large pieces instead of many small ones', async () => {
    const got: string[] = [];
    const stdout = { write: (text: string, done?: () => void) => (got.push(text), done?.(), true) };
    await using output = await openOutput(undefined, stdout);
    await output.write(Array.from({ length: 10_000 }, () => '0123456789'));
    expect(got.length).toBeLessThan(4);
    expect(got.join('')).toHaveLength(100_000);
  });

  test('that was closed ends quietly', async () => {
    const closed = Object.assign(new Error('closed'), { code: 'EPIPE' });
    const stdout = { write: (_: string, done?: (error: Error) => void) => (done?.(closed), false) };
    await using output = await openOutput(undefined, stdout);
    await expect(output.write(['x'])).resolves.toBeUndefined();
  });
});
