import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf, makeLayout, writeFiles } from '../../test/fixtures/made-images.ts';
import { locate } from './locate.ts';

const digest = digestOf('x');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drydock-locate-'));
  for (const name of ['layout', 'odd:name', 'odd:name:1'])
    await writeFiles(join(folder, name), makeLayout().files);
  await mkdir(join(folder, 'rootfs/etc'), { recursive: true });
  await writeFile(join(folder, 'image.tar'), '');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** `%` stands for the folder made above. */
async function locateIn(text: string): Promise<unknown> {
  const found: unknown = JSON.parse(
    JSON.stringify(await locate(text.replace('%', folder))).replaceAll(folder, '%'),
  );
  return found;
}

describe('locate', () => {
  test.each([
    ['-', { kind: 'stdin', name: 'stdin' }],
    ['docker-archive:-', { kind: 'stdin', archive: 'docker', name: 'stdin' }],
    ['oci-archive:-:1.0', { kind: 'stdin', archive: 'oci', tag: '1.0', name: 'stdin' }],
    [`oci-archive:-@${digest}`, { kind: 'stdin', archive: 'oci', digest, name: 'stdin' }],
    ['oci:%/layout', { kind: 'layout', path: '%/layout', name: '%/layout' }],
    ['oci:%/layout:1.0', { kind: 'layout', path: '%/layout', tag: '1.0', name: '%/layout:1.0' }],
    [
      'oci:%/layout:docker.io/app:1',
      { kind: 'layout', path: '%/layout', tag: 'docker.io/app:1', name: '%/layout:docker.io/app:1' },
    ],
    [`oci:%/layout@${digest}`, { kind: 'layout', path: '%/layout', digest, name: `%/layout@${digest}` }],
    [
      `oci:%/layout:a@${digest}`,
      { kind: 'layout', path: '%/layout', tag: 'a', digest, name: `%/layout:a@${digest}` },
    ],
    ['oci:%/odd:name', { kind: 'layout', path: '%/odd:name', name: '%/odd:name' }],
    ['oci:%/odd:name:2', { kind: 'layout', path: '%/odd:name', tag: '2', name: '%/odd:name:2' }],
    ['oci:%/odd:name:1', { kind: 'layout', path: '%/odd:name:1', name: '%/odd:name:1' }],
    ['oci:%/odd:name:1:2', { kind: 'layout', path: '%/odd:name:1', tag: '2', name: '%/odd:name:1:2' }],
    ['oci:%/rootfs', { kind: 'layout', path: '%/rootfs', name: '%/rootfs' }],
    ['%/layout', { kind: 'layout', path: '%/layout', name: '%/layout' }],
    ['%/layout:1.0', { kind: 'layout', path: '%/layout', tag: '1.0', name: '%/layout:1.0' }],
    ['%/image.tar', { kind: 'archive', path: '%/image.tar', name: '%/image.tar' }],
    ['%/image.tar:app:1', { kind: 'archive', path: '%/image.tar', tag: 'app:1', name: '%/image.tar:app:1' }],
    [
      'oci-archive:%/image.tar:1',
      { kind: 'archive', archive: 'oci', path: '%/image.tar', tag: '1', name: '%/image.tar:1' },
    ],
    [
      'docker-archive:%/image.tar',
      { kind: 'archive', archive: 'docker', path: '%/image.tar', name: '%/image.tar' },
    ],
    ['%/rootfs', { kind: 'directory', path: '%/rootfs', name: '%/rootfs' }],
    ['dir:%/rootfs', { kind: 'directory', path: '%/rootfs', name: '%/rootfs' }],
    ['dir:%/layout', { kind: 'directory', path: '%/layout', name: '%/layout' }],
    ['.', { kind: 'directory', path: '.', name: '.' }],
  ])('%s', async (text, expected) => {
    expect(await locateIn(text)).toEqual(expected);
  });

  test.each([
    ['alpine:3.20', 'alpine:3.20', 'library/alpine'],
    ['registry:alpine', 'alpine', 'library/alpine'],
    ['registry:example.com/app:1', 'example.com/app:1', 'app'],
    ['docker://src', 'src', 'library/src'],
    ['registry:2', 'registry:2', 'library/registry'],
    ['registry:2.8.3', 'registry:2.8.3', 'library/registry'],
    ['registry:latest', 'registry:latest', 'library/registry'],
    ['registry', 'registry', 'library/registry'],
    ['registry:registry:2', 'registry:2', 'library/registry'],
    ['docker:dind', 'docker:dind', 'library/docker'],
    ['localhost:5000/a', 'localhost:5000/a', 'a'],
    [`alpine@${digest}`, `alpine@${digest}`, 'library/alpine'],
  ])('%s is in a registry', async (text, name, repository) => {
    expect(await locate(text)).toMatchObject({ kind: 'registry', name, reference: { repository } });
  });

  test.each([
    ['', 'REFERENCE_INVALID'],
    ['a\0b', 'REFERENCE_INVALID'],
    ['x'.repeat(9000), 'REFERENCE_INVALID'],
    ['docker-daemon:alpine:3', 'REFERENCE_INVALID'],
    ['containers-storage:alpine', 'REFERENCE_INVALID'],
    ['oci-archive:-@sha256:12', 'REFERENCE_INVALID'],
    ['oci:', 'SOURCE_NOT_FOUND'],
    ['oci:%/none', 'SOURCE_NOT_FOUND'],
    ['oci:%/image.tar', 'SOURCE_NOT_FOUND'],
    ['docker-archive:', 'SOURCE_NOT_FOUND'],
    ['docker-archive:%/none.tar', 'SOURCE_NOT_FOUND'],
    ['docker-archive:%/layout', 'SOURCE_NOT_FOUND'],
    ['dir:', 'SOURCE_NOT_FOUND'],
    ['dir:%/none', 'SOURCE_NOT_FOUND'],
    ['dir:%/image.tar', 'SOURCE_NOT_FOUND'],
    ['%/none', 'SOURCE_NOT_FOUND'],
    ['./none', 'SOURCE_NOT_FOUND'],
    ['none.tar', 'SOURCE_NOT_FOUND'],
    ['none.tar.gz', 'SOURCE_NOT_FOUND'],
    ['%/rootfs:1.0', 'SOURCE_NOT_FOUND'],
    ['src', 'SOURCE_AMBIGUOUS'], // a folder of this project, where tests run
  ])('%j is refused', async (text, code) => {
    await expect(locateIn(text)).rejects.toThrow(expect.objectContaining({ code }) as Error);
  });
});
