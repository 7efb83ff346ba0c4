import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePatchWorld, type PatchWorld } from '../../test/fixtures/patch-world.ts';
import { finding, memoryCache } from '../../test/fixtures/patch-parts.ts';
import type { Descriptor } from '../../test/fixtures/layout-writer.ts';
import { errorOf } from '../../test/fixtures/registry-client.ts';
import { gzippedTar } from '../../test/fixtures/tar-writer.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import { openLayout } from '../oci/layout/layout.ts';
import { layoutDocuments, type ImageDocuments } from './image/documents.ts';
import {
  apply,
  openSubject,
  plan,
  prove,
  review,
  type FindVulnerabilities,
  type PatchOptions,
  type PatchStep,
  type PatchSubject,
} from './patch-image.ts';
import { layoutBlobs } from './publish/publication.ts';
import { publish } from './publish/publish.ts';
import { datesIn } from './sources/archive-cache.ts';
import { verdictOf } from './verdict.ts';

const { signal } = new AbortController();
let world: PatchWorld;
let out: string;
beforeAll(async () => {
  world = await makePatchWorld();
  out = mkdtempSync(join(tmpdir(), 'drydock-library-'));
});
afterAll(() => {
  world[Symbol.dispose]();
  rmSync(out, { recursive: true, force: true });
});

/** As a program would that has a scanner of its own. */
const known: readonly VulnerabilityFinding[] = [
  finding('CVE-1', 'libfixme1', '1.0-1', '1.0-2'),
  finding('CVE-2', 'scripted', '1.0-1', '1.0-2'),
];
const find: FindVulnerabilities = (image) =>
  Promise.resolve(image.layers.length > 1 ? known.filter(({ id }) => id !== 'CVE-1') : known);

function optionsWith(steps: string[], more: Partial<PatchOptions> = {}): PatchOptions {
  const cache = memoryCache();
  return {
    archive: { transport: () => Promise.reject(new Error('no network')), cache, dates: datesIn(cache) },
    rewrites: [{ from: 'deb.test/debian', to: `file://${world.archive}` }],
    version: 'library/1',
    now: new Date(),
    onStep: ({ kind }: PatchStep) => void steps.push(kind),
    ...more,
  };
}

const open = (packages: readonly string[], options: PatchOptions): Promise<PatchSubject> =>
  openImage(world.image(packages), options);

async function openImage(image: Descriptor, options: PatchOptions): Promise<PatchSubject> {
  const tag = `library-${image.digest.slice(7, 19)}`;
  world.images.tag(image, tag);
  const at = [world.images.folder, { tag }, 'library'] as const;
  const source = await openLayout(...at);
  const resolved = await source.resolve(undefined, { signal });
  const documents = layoutDocuments(...at, resolved.digest);
  return await openSubject(resolved, source, documents, find, {
    signal,
    ...(options.onStep && { onStep: options.onStep }),
  });
}

function documentsOf({ base: { image } }: PatchSubject): ImageDocuments {
  return layoutDocuments(world.images.folder, { digest: image.digest }, 'library', image.digest);
}

describe('as a library', () => {
  test('an image is planned, judged, patched, proved and published, with steps on the way', async () => {
    const steps: string[] = [];
    const options = optionsWith(steps);
    const subject = await open(['libfixme1', 'fixme-bin', 'scripted'], options);
    const planned = await plan(subject, options, { signal });
    expect(planned.updates.map(({ name }) => name)).toEqual(['fixme-bin', 'libfixme1', 'scripted']);

    const reviewed = await review(subject, planned, options, { signal });
    expect(reviewed.risks?.map(({ name, risk }) => [name, risk])).toEqual([
      ['fixme-bin', 'none'],
      ['libfixme1', 'none'],
      ['scripted', 'unknown-script'],
    ]);

    const { outcome, patched } = await apply(subject, planned, options, { signal });
    expect(outcome.applied).toEqual(reviewed.applied);
    expect(outcome.refused).toEqual(reviewed.refused);
    expect(verdictOf(planned, outcome)).toBe('partly');
    if (!patched) throw new Error('nothing was patched');

    const proof = await prove(subject, patched, outcome, find, { signal, isTold: false });
    expect(proof).toMatchObject({ remaining: [{ id: 'CVE-2' }], notGone: [], added: [] });

    const published = await publish(
      {
        patched: [patched],
        name: 'library',
        documents: documentsOf(subject),
        blobs: layoutBlobs(world.images.folder),
        target: { kind: 'layout', directory: out, tag: 'patched' },
      },
      { version: 'library/1', packages: [] },
      { signal },
    );
    expect(published.digest).toBe(patched.manifest.digest);
    expect(published.writtenBytes).toBeGreaterThan(0);
    expect(readFileSync(join(out, 'index.json'), 'utf8')).toContain(published.digest);
    expect(new Set(steps)).toEqual(
      new Set(['reading', 'scanning', 'planning', 'judging', 'fetching', 'applying']),
    );
  });

  test('the same inputs give the same image', async () => {
    const digests = [];
    for (let round = 0; round < 2; round++) {
      const options = optionsWith([]);
      const subject = await open(['libfixme1', 'fixme-bin'], options);
      const planned = await plan(subject, options, { signal });
      digests.push((await apply(subject, planned, options, { signal })).patched?.manifest.digest);
    }
    expect(digests[0]).toBeDefined();
    expect(digests[0]).toBe(digests[1]);
  });

  test('it can be called off', async () => {
    const controller = new AbortController();
    const options = optionsWith([]);
    const subject = await open(['libfixme1', 'fixme-bin'], options);
    const planned = await plan(subject, options, { signal });
    controller.abort(new Error('called off'));
    await expect(apply(subject, planned, options, controller)).rejects.toThrow('called off');
  });

  test('an image without packages of dpkg is refused with a code', async () => {
    const options = optionsWith([]);
    const layer = gzippedTar([{ path: 'etc/os-release', content: 'ID=other\n' }]);
    const subject = await openImage(world.images.image([layer]), options);
    const error = await errorOf(plan(subject, options, { signal }));
    expect(error.code).toBe('PATCH_UNSUPPORTED');
  });
});
