import { describe, expect, test } from 'vitest';
import {
  BASE,
  key,
  main,
  MAIN,
  moves,
  NEXT,
  plan,
  reasons,
  rootOf,
  serve,
  signal,
  stranger,
} from '../../../../test/fixtures/apk-plan.ts';
import {
  makeApk,
  makeApkIndex,
  makeApkKey,
  signedIndex,
  type BuiltApk,
  type MadeApk,
} from '../../../../test/fixtures/apk-writer.ts';
import { NOW, serveArchive, type ArchiveFiles } from '../../../../test/fixtures/apt-archive.ts';
import { memoryCache } from '../../../../test/fixtures/patch-parts.ts';
import type { PatchPlan } from '../../../model/patch.ts';
import { openApkFetcher } from './apk-offers.ts';

const MINUTE = 60_000;

describe('repositories', () => {
  test('a folder and a file of the image are not asked', async () => {
    const asking = plan(main(...NEXT), { repositories: '/repo\nftp://alpine.test/x\nfile:///repo\n' });
    await expect(asking).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' });
    const both = await plan(main(...NEXT), { repositories: `/repo\n${MAIN}/\n` });
    expect(both.notes).toEqual(['etc/apk/repositories: a repository in a folder of the image is not asked']);
    expect(moves(both)).toHaveLength(2);
  });

  test('an address of the own network is refused', async () => {
    const asking = plan(main(...NEXT), { repositories: 'http://169.254.169.254/v3.20/main\n' });
    await expect(asking).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' });
  });

  test('images without repositories have those of their release', async () => {
    const options = { rewrites: [{ from: 'dl-cdn.alpinelinux.org/alpine', to: BASE }] };
    const made = await plan(serve({ 'v3.20/main': NEXT, 'v3.20/community': [] }), {
      repositories: '',
      options,
    });
    expect(made.asked).toEqual(
      ['main', 'community'].map((name) => `${BASE}v3.20/${name}/x86_64/APKINDEX.tar.gz`),
    );
    expect(moves(made)).toHaveLength(2);
  });

  test('what is gone is said, and the others are used', async () => {
    const made = await plan(main(...NEXT), { repositories: `${MAIN}\nhttp://alpine.test/v3.20/community\n` });
    expect(made.notes.join()).toContain('v3.20/community is not used');
    expect(moves(made)).toHaveLength(2);
  });

  test('one of the operator, with a key of its own', async () => {
    const files = serve({ 'fixes/v3.20/main': NEXT }, (built) => makeApkIndex(built, stranger));
    const extraSources = [{ uri: `${BASE}fixes`, suite: 'v3.20', components: ['main'] }];
    const keyrings = [{ name: '/srv/fixes.pub', content: Buffer.from(stranger.publicKey) }];
    const options = { extraSources, ignoreImageSources: true };
    await expect(plan(files, { options })).rejects.toMatchObject({ code: 'ARCHIVE_UNTRUSTED' });
    expect(moves(await plan(files, { options: { ...options, keyrings } }))).toHaveLength(2);
    const elsewhere = keyrings.map((keyring) => ({ ...keyring, uris: ['http://other.test/'] }));
    await expect(plan(files, { options: { ...options, keyrings: elsewhere } })).rejects.toMatchObject({
      code: 'ARCHIVE_UNTRUSTED',
    });
    const trusted = {
      extraSources: extraSources.map((one) => ({ ...one, trusted: true })),
      ignoreImageSources: true,
    };
    expect(moves(await plan(files, { options: trusted }))).toHaveLength(2);
  });

  test('without servers, what was seen before is used', async () => {
    const cache = memoryCache();
    const first = await plan(main(...NEXT), { cache });
    const again = await plan(new Map(), { cache, options: { offline: true } });
    expect(again.updates).toEqual(first.updates);
    expect(again.asked).toEqual([]);
  });

  test('a state that an earlier plan names is taken however old it is', async () => {
    const cache = memoryCache();
    const { indexes: frozen } = await plan(main(...NEXT), { cache });
    const later = main(...NEXT.map((made) => ({ ...made, version: '9-r0', buildDate: 1_900_000_000 })));
    expect(moves(await plan(later, { cache, options: { frozen } }))).toHaveLength(2);
    await expect(plan(later, { options: { frozen } })).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' });
  });
});

describe('signatures', () => {
  test.each(['RSA', 'RSA256', 'RSA512'] as const)('%s', async (kind) => {
    const files = serve({ 'v3.20/main': NEXT }, (built) => makeApkIndex(built, key, kind));
    expect(moves(await plan(files))).toHaveLength(2);
  });

  test.each([
    ['without one', (built: readonly BuiltApk[]) => makeApkIndex(built, undefined), /is not signed/],
    ['by a stranger', (built: readonly BuiltApk[]) => makeApkIndex(built, stranger), /no key called/],
    [
      'by a stranger who takes the name',
      (built: readonly BuiltApk[]) => makeApkIndex(built, { ...stranger, name: key.name }),
      /its signature is wrong/,
    ],
    [
      'of another index',
      (built: readonly BuiltApk[]) =>
        Buffer.concat([
          makeApkIndex([], key).subarray(
            0,
            makeApkIndex([], key).length - makeApkIndex([], undefined).length,
          ),
          makeApkIndex(built, undefined),
        ]),
      /its signature is wrong/,
    ],
    [
      'with a byte more',
      (built: readonly BuiltApk[]) => Buffer.concat([makeApkIndex(built, key), Buffer.alloc(1)]),
      /its signature is wrong/,
    ],
    ['cut', (built: readonly BuiltApk[]) => makeApkIndex(built, key).subarray(0, 300), /damaged|wrong/],
    ['nothing', () => Buffer.alloc(0), /damaged/],
    ['of format 3', () => Buffer.from('ADBd\0\0\0\0\0\0\0\0'), /format 3/],
  ])('%s', async (_, sign, message) => {
    const asking = plan(serve({ 'v3.20/main': NEXT }, sign));
    await expect(asking).rejects.toMatchObject({
      code: 'ARCHIVE_UNTRUSTED',
      message: expect.stringMatching(message) as unknown,
    });
  });

  test('keys that are too short, of another kind, or none, trust nobody', async () => {
    const short = makeApkKey(key.name, 1024);
    const files = serve({ 'v3.20/main': NEXT }, (built) => makeApkIndex(built, short));
    for (const text of [short.publicKey, 'no key', '']) {
      const asking = plan(files, { keys: { [key.name]: text } });
      await expect(asking).rejects.toMatchObject({ code: 'ARCHIVE_UNTRUSTED', message: /no key is known/ });
    }
    await expect(plan(main(...NEXT), { keys: {} })).rejects.toMatchObject({ code: 'ARCHIVE_UNTRUSTED' });
  });

  test('a signature that is wrong does not harm a second one that is good', async () => {
    const good = makeApkIndex(
      NEXT.map((made) => makeApk(made, key)),
      key,
    );
    expect(moves(await plan(new Map([['v3.20/main/x86_64/APKINDEX.tar.gz', good]])))).toHaveLength(2);
  });
});

describe('older states', () => {
  const dated = (minutes: number): readonly MadeApk[] =>
    NEXT.map((made) => ({ ...made, buildDate: Math.floor((NOW.getTime() + minutes * MINUTE) / 1000) }));

  test('one that was overtaken is refused', async () => {
    const cache = memoryCache();
    await plan(main(...dated(0)), { cache });
    await expect(plan(main(...dated(-1)), { cache })).rejects.toMatchObject({ code: 'ARCHIVE_ROLLED_BACK' });
    expect(moves(await plan(main(...dated(1)), { cache }))).toHaveLength(2);
    await expect(plan(main(...dated(0)), { cache })).rejects.toMatchObject({ code: 'ARCHIVE_ROLLED_BACK' });
  });

  test('older versions than what is installed are never taken', async () => {
    const made = await plan(main(...NEXT.map((one) => ({ ...one, version: '1.0-r0' }))));
    expect(made.updates).toEqual([]);
  });
});

describe('packages', () => {
  const fetching = async (files: ArchiveFiles, made: PatchPlan): Promise<Uint8Array> => {
    const transport = serveArchive(files, BASE);
    const access = { transport: () => Promise.resolve(transport) };
    const fetchPackage = await openApkFetcher(rootOf({}), {}, access, { signal });
    return fetchPackage(made.updates[1]?.archive ?? { url: '', sizeBytes: 0 }, { signal });
  };

  test('the one that the index names is taken, no other', async () => {
    const files = main(...NEXT);
    const made = await plan(files);
    const path = 'v3.20/main/x86_64/libssl3-3.3.3-r0.apk';
    const own = files.get(path) ?? Buffer.alloc(0);
    expect(Buffer.compare(await fetching(files, made), own)).toBe(0);
    const other = makeApk({ ...(NEXT[1] as MadeApk), buildDate: 1 }, key).bytes;
    for (const bytes of [other, own.subarray(0, -1), Buffer.concat([own, own]), Buffer.alloc(own.length)]) {
      const asking = fetching(new Map([...files, [path, bytes]]), made);
      await expect(asking).rejects.toMatchObject({
        code: expect.stringMatching(/^ARCHIVE_(UNTRUSTED|LIMIT)$/) as unknown,
      });
    }
    files.delete(path);
    await expect(fetching(files, made)).rejects.toMatchObject({ code: 'ARCHIVE_UNAVAILABLE' });
  });
});

test('a signed index that lies is read as far as it can be', async () => {
  const text = [
    'C:Q1bbbbbbbbbbbbbbbbbbbbbbbbbbb=\nP:libssl3\nV:../../9\nS:1\n\n',
    'C:Q2x\nP:libssl3\nV:9-r0\nS:1\n\n',
    'C:Q1bbbbbbbbbbbbbbbbbbbbbbbbbbb=\nP:../libssl3\nV:9-r0\nS:1\n\n',
    'C:Q1bbbbbbbbbbbbbbbbbbbbbbbbbbb=\nP:libssl3\nV:9-r0\nS:-1\n\n',
    'C:Q1bbbbbbbbbbbbbbbbbbbbbbbbbbb=\nP:libssl3\nV:9-r0\nA:../x\nS:1\n\n',
    'garbage\n\n\n\n',
  ].join('');
  const made = await plan(new Map([['v3.20/main/x86_64/APKINDEX.tar.gz', signedIndex(text, key)]]));
  expect(reasons(made)).toEqual(['CVE-1 not-in-sources']);
});
