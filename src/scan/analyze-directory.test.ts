import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chooseAnalyzers } from './analyzers.ts';
import { analyzeDirectory } from './analyze-directory.ts';

const analyzers = await chooseAnalyzers({ subject: 'installed', scanners: [] });

const STATUS = 'Package: sample\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n';
const signal = new AbortController().signal;
let root: string;
let outside: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drydock-root-'));
  outside = await mkdtemp(join(tmpdir(), 'drydock-outside-'));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  await rm(outside, { recursive: true, force: true });
});

async function put(folder: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

const scan = (path = root): ReturnType<typeof analyzeDirectory> =>
  analyzeDirectory(path, 'dir', analyzers, { signal });

describe('scanning a directory', () => {
  test('finds the operating system and its packages', async () => {
    await put(root, 'etc/os-release', 'ID=debian\nVERSION_ID="12"\n');
    await put(root, 'var/lib/dpkg/status', STATUS);
    const { image, inventory } = await scan();
    expect(image).toMatchObject({ name: 'dir', kind: 'filesystem', layers: [] });
    expect(inventory.os).toMatchObject({ family: 'debian', version: '12' });
    expect(inventory.packages.map((pkg) => [pkg.name, pkg.layer])).toEqual([['sample', undefined]]);
  });

  test('never reads through a link that leaves the root', async () => {
    await put(outside, 'status', STATUS);
    await put(outside, 'dpkg/status', STATUS);
    await mkdir(join(root, 'var/lib/dpkg'), { recursive: true });
    await symlink(join(outside, 'status'), join(root, 'var/lib/dpkg/status'));
    await symlink(join(outside, 'dpkg'), join(root, 'var/lib/other'));
    const { inventory } = await scan();
    expect(inventory.packages).toEqual([]);
    expect(inventory.diagnostics.map((d) => d.code)).toContain('LINK_TARGET_NOT_READ');
  });

  test('resolves absolute links inside the root', async () => {
    await put(root, 'real/dpkg/status', STATUS);
    await mkdir(join(root, 'var/lib'), { recursive: true });
    await symlink('/real/dpkg', join(root, 'var/lib/dpkg'));
    expect((await scan()).inventory.packages).toHaveLength(1);
  });

  test('a path that is no directory is said to be none', async () => {
    await put(root, 'file', '');
    await expect(scan(join(root, 'file'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(scan(join(root, 'none'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  test('stops when it is called off', async () => {
    await put(root, 'a', '');
    const stop = AbortSignal.abort(new Error('called off'));
    await expect(analyzeDirectory(root, 'dir', analyzers, { signal: stop })).rejects.toThrow('called off');
  });
});
