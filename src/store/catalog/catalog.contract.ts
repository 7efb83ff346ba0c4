import { describe, expect, test } from 'vitest';
import { sha256Of } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';
import type { Store } from '../store.ts';
import type { Catalog, CatalogEntry, CatalogImage } from './catalog.ts';
import { openStoreCatalog } from './store-catalog.ts';

export function entry(
  seed: string,
  more: Partial<Omit<CatalogEntry, 'image'>> = {},
  image: Partial<CatalogImage> = {},
): CatalogEntry {
  const identity = sha256Of(seed);
  return {
    image: {
      identity,
      digest: identity,
      configDigest: sha256Of(`config of ${seed}`),
      platform: { os: 'linux', architecture: 'amd64' },
      names: [`registry.test/${seed}:1`],
      analyzers: 'a1',
      report: { image: identity, analyzers: 'a1', advisoryDbs: 'db@1', options: '', engine: 'test' },
      scannedAt: '2026-11-21T00:00:00.000Z',
      packages: 3,
      bySeverity: { UNKNOWN: 0, LOW: 1, MEDIUM: 0, HIGH: 0, CRITICAL: 2 },
      ...image,
    },
    advisoryNames: more.advisoryNames ?? ['Debian:12\0', 'Debian:12\0openssl'],
    vulnerabilities: more.vulnerabilities ?? ['CVE-2026-1'],
  };
}

export async function identities(images: AsyncIterable<CatalogImage>): Promise<Digest[]> {
  const found: Digest[] = [];
  for await (const { identity } of images) found.push(identity);
  return found;
}
const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** What a catalogue in a store must do, whichever store that is. */
export function catalogContract(name: string, openStore: () => Promise<Store>): void {
  const open = async (): Promise<Catalog> => openStoreCatalog(await openStore());

  describe(`a catalogue in ${name}`, () => {
    test('gives back what was noted', async () => {
      const catalog = await open();
      const noted = entry('a');
      expect(await catalog.find(noted.image.identity)).toBeUndefined();
      await catalog.note(noted);
      expect(await catalog.find(noted.image.identity)).toEqual(noted.image);
      expect(await catalog.byDigest(noted.image.configDigest)).toEqual([noted.image]);
      expect(await catalog.byDigest(noted.image.digest)).toEqual([noted.image]);
      expect(await catalog.byDigest(sha256Of('nobody'))).toEqual([]);
    });

    test('lists in order, from anywhere on', async () => {
      const catalog = await open();
      const all = Array.from({ length: 150 }, (_, i) => entry(`image ${i}`));
      await catalog.noteAll(all);
      const sorted = all.map(({ image }) => image.identity).sort(byText);
      expect(await identities(catalog.images())).toEqual(sorted);
      const after = sorted[70];
      expect(await identities(catalog.images(after ? { after } : {}))).toEqual(sorted.slice(71));
    });

    test('joins names, the newest last, and replaces the rest', async () => {
      const catalog = await open();
      const { identity } = entry('x').image;
      await catalog.note(entry('x', {}, { names: ['a', 'b'], packages: 1 }));
      await catalog.note(entry('x', {}, { names: ['a', 'c'], packages: 2 }));
      expect(await catalog.find(identity)).toMatchObject({ names: ['b', 'a', 'c'], packages: 2 });
      await catalog.note(entry('x', {}, { names: Array.from({ length: 200 }, (_, i) => `n${i}`) }));
      expect((await catalog.find(identity))?.names).toHaveLength(100);
    });

    test('finds by vulnerability and by names of advisories, exactly', async () => {
      const catalog = await open();
      await catalog.note(
        entry('a', { vulnerabilities: ['CVE-2026-1', 'CVE-2026-10'], advisoryNames: ['e\0x'] }),
      );
      await catalog.note(entry('b', { vulnerabilities: ['CVE-2026-10'], advisoryNames: ['e\0x', 'e\0y'] }));
      const [a, b] = [sha256Of('a'), sha256Of('b')];
      expect(await identities(catalog.withVulnerability('CVE-2026-1'))).toEqual([a]);
      expect((await identities(catalog.withVulnerability('CVE-2026-10'))).sort(byText)).toEqual(
        [a, b].sort(byText),
      );
      expect(await identities(catalog.withVulnerability('e\0x'))).toEqual([]);
      expect(await identities(catalog.withAdvisoryNames(new Set(['e\0y', 'e\0z'])))).toEqual([b]);
      await catalog.note(entry('b', { vulnerabilities: [], advisoryNames: ['e\0z'] }));
      expect(await identities(catalog.withVulnerability('CVE-2026-10'))).toEqual([a]);
      expect(await identities(catalog.withAdvisoryNames(new Set(['e\0y'])))).toEqual([]);
    });

    test('removes, and takes up again', async () => {
      const catalog = await open();
      const noted = entry('a');
      await catalog.note(noted);
      await catalog.remove(noted.image.identity);
      expect(await catalog.find(noted.image.identity)).toBeUndefined();
      expect(await identities(catalog.images())).toEqual([]);
      await catalog.note(noted);
      expect(await identities(catalog.images())).toEqual([noted.image.identity]);
    });

    test('carries reports over to other databases, where they are still the newest', async () => {
      const catalog = await open();
      const { image } = entry('a');
      await catalog.noteAll([
        entry('a'),
        entry('b', {}, { report: { ...image.report, advisoryDbs: 'db@9' } }),
      ]);
      await catalog.carry([image.identity, sha256Of('b'), sha256Of('nobody')], 'db@1', 'db@2');
      const carried = { report: { ...image.report, advisoryDbs: 'db@2' }, heldUnder: 'db@1' };
      expect(await catalog.find(image.identity)).toEqual({ ...image, ...carried });
      expect((await catalog.find(sha256Of('b')))?.report.advisoryDbs).toBe('db@9');
      await catalog.carry([image.identity], 'db@2', 'db@3');
      expect(await catalog.find(image.identity)).toMatchObject({
        heldUnder: 'db@1',
        report: { advisoryDbs: 'db@3' },
      });
      expect(await catalog.find(sha256Of('nobody'))).toBeUndefined();
      await catalog.note(entry('a'));
      expect((await catalog.find(image.identity))?.heldUnder).toBeUndefined();
    });

    test('loses nothing of what many write at once, while it is tidied up', async () => {
      const store = await openStore();
      const writers = Array.from({ length: 4 }, () => openStoreCatalog(store));
      // All in one part, so that they are in each other's way.
      const seeds = Array.from({ length: 20_000 }, (_, i) => `s${i}`).filter((seed) =>
        sha256Of(seed).startsWith('sha256:00'),
      );
      expect(seeds.length).toBeGreaterThan(60);
      await Promise.all(
        writers.map(async (writer, mine) => {
          for (const [i, seed] of seeds.entries())
            if (i % writers.length === mine) await writer.note(entry(seed));
        }),
      );
      await Promise.all(writers.map((writer) => writer.note(entry('s0', {}, { names: ['all'] }))));
      const found = await identities(openStoreCatalog(store).images());
      expect(found).toHaveLength(seeds.length + 1);
      for (const writer of writers) expect(await identities(writer.images())).toEqual(found);
    });

    test('goes on after its store was emptied', async () => {
      const store = await openStore();
      const catalog = openStoreCatalog(store);
      for (let i = 0; i < 3; i++) await catalog.note(entry('a', {}, { packages: i }));
      for await (const key of store.keys('catalog/')) await store.delete(key);
      expect(await identities(catalog.images())).toEqual([]);
      await catalog.note(entry('a'));
      expect(await identities(catalog.images())).toEqual([sha256Of('a')]);
      expect(await identities(openStoreCatalog(store).images())).toEqual([sha256Of('a')]);
    });
  });
}
