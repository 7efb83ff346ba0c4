import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  makeArchiveKey,
  NOW,
  serveArchive,
  suiteFiles,
  type ArchiveFiles,
  type ArchiveKey,
  type SuiteInput,
} from '../../../test/fixtures/apt-archive.ts';
import { finding, image, memoryCache, statusOf } from '../../../test/fixtures/patch-parts.ts';
import { listedRoot } from '../../../test/fixtures/listed-root.ts';
import type { PatchPlan } from '../../model/patch.ts';
import { datesIn, type ArchiveCache } from '../sources/archive-cache.ts';
import { planPatch, type PlanOptions } from './plan-patch.ts';

const { signal } = new AbortController();
let key: ArchiveKey;
let stranger: ArchiveKey;
beforeAll(async () => {
  [key, stranger] = await Promise.all([makeArchiveKey(), makeArchiveKey()]);
});

const packages = [{ Package: 'libssl3', Version: '3.0.2', Source: 'openssl', Depends: 'libc6' }];
const suite = (more: Partial<SuiteInput> = {}): Promise<ArchiveFiles> =>
  suiteFiles({ suite: 'bookworm', key, packages, ...more });

interface Ask {
  readonly options?: PlanOptions;
  readonly cache?: ArchiveCache;
  readonly now?: Date;
  readonly source?: string;
  readonly keyring?: string;
}

async function plan(
  files: ArchiveFiles,
  ask: Ask = {},
): Promise<PatchPlan & { readonly asked: readonly string[] }> {
  const transport = serveArchive(files);
  const { cache } = ask;
  const made = await planPatch({
    image,
    root: listedRoot({
      'var/lib/dpkg/status': statusOf(
        { Package: 'libc6', Version: '2.36', Source: 'glibc' },
        { Package: 'libssl3', Version: '3.0.1', Source: 'openssl', Depends: 'libc6' },
      ),
      'etc/apt/sources.list':
        ask.source ?? 'deb [signed-by=/usr/share/keyrings/a.asc] http://deb.test/debian bookworm main\n',
      'usr/share/keyrings/a.asc': ask.keyring ?? key.armored,
    }),
    findings: [finding('CVE-1', 'libssl3', '3.0.1', '3.0.2')],
    options: ask.options ?? {},
    archive: { transport: () => Promise.resolve(transport), ...(cache && { cache, dates: datesIn(cache) }) },
    now: ask.now ?? NOW,
    signal,
  });
  return { ...made, asked: transport.asked };
}

const later = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

describe('an archive that is what it should be', () => {
  test.each([
    ['clear-signed', {}],
    ['with a signature in a file of its own', { detached: true }],
    ['with indexes by their sums', { byHash: true }],
    ['valid for a time', { fields: { 'Valid-Until': later(7).toUTCString() } }],
  ] as const)('%s', async (_, input) => {
    const { updates, unfixed, indexes } = await plan(await suite(input));
    expect(unfixed).toEqual([]);
    expect(updates).toEqual([
      expect.objectContaining({
        name: 'libssl3',
        to: '3.0.2',
        fixes: ['CVE-1'],
        archive: expect.objectContaining({ url: 'http://deb.test/debian/pool/libssl3_3.0.2.deb' }) as unknown,
      }),
    ]);
    expect(indexes).toEqual([expect.objectContaining({ origin: 'Test', codename: 'bookworm' })]);
  });

  test('is not fetched again', async () => {
    const cache = memoryCache();
    const files = await suite();
    await plan(files, { cache });
    const again = await plan(files, { cache });
    expect(again.asked).toEqual(['http://deb.test/debian/dists/bookworm/InRelease']);
    expect(again.updates).toHaveLength(1);
    expect((await plan(new Map(), { cache, options: { offline: true } })).asked).toEqual([]);
  });

  test('is asked for at the mirror alone', async () => {
    const files = await suite();
    const options = { rewrites: [{ from: 'deb.other/debian', to: 'http://deb.test/debian' }] };
    const source = 'deb [signed-by=/usr/share/keyrings/a.asc] http://deb.other/debian bookworm main';
    const { asked, updates } = await plan(files, { options, source });
    expect(asked.every((url) => url.startsWith('http://deb.test/'))).toBe(true);
    expect(updates[0]?.archive.url).toBe('http://deb.test/debian/pool/libssl3_3.0.2.deb');
  });

  test('is the one of an earlier plan, where that is asked for', async () => {
    const cache = memoryCache();
    const first = await plan(await suite(), { cache });
    const newer = await suite({
      date: later(1),
      packages: [{ Package: 'libssl3', Version: '3.0.9', Source: 'openssl' }],
    });
    const options = { frozen: first.indexes };
    const again = await plan(newer, { cache, options, now: later(2) });
    expect(again.updates).toEqual(first.updates);
    await expect(plan(newer, { options, now: later(2) })).rejects.toMatchObject({
      code: 'ARCHIVE_UNAVAILABLE',
    });
  });

  test('takes the key of the operator where that of the image is of no use', async () => {
    const files = await suite();
    const keyrings = [{ name: 'own', content: Buffer.from(key.armored) }];
    expect((await plan(files, { keyring: stranger.armored, options: { keyrings } })).updates).toHaveLength(1);
  });
});

describe('an archive that is not', () => {
  const refused = async (files: ArchiveFiles, code: string, ask: Ask = {}, message = ''): Promise<void> => {
    await expect(plan(files, ask)).rejects.toMatchObject({
      name: 'DrydockError',
      code,
      message: expect.stringContaining(message) as unknown,
    });
  };
  const changed = (files: ArchiveFiles, path: string, change: (text: string) => string): ArchiveFiles => {
    const text = Buffer.from(files.get(path) ?? '').toString();
    return new Map(files).set(path, Buffer.from(change(text)));
  };
  const IN = 'dists/bookworm/InRelease';
  const INDEX = 'dists/bookworm/main/binary-amd64/Packages.gz';

  test('signed by somebody else', async () => {
    await refused(await suite({ key: stranger }), 'ARCHIVE_UNTRUSTED', {}, 'no signature of an allowed key');
    await refused(await suite({ key: stranger, detached: true }), 'ARCHIVE_UNTRUSTED');
  });

  test('without a key for it', async () => {
    const source = 'deb http://deb.test/debian bookworm main';
    await refused(await suite(), 'ARCHIVE_UNTRUSTED', { source }, 'no key is known');
  });

  test('changed after it was signed', async () => {
    const files = await suite();
    await refused(
      changed(files, IN, (text) => text.replace('Origin: Test', 'Origin: Tess')),
      'ARCHIVE_UNTRUSTED',
    );
    const detached = await suite({ detached: true });
    await refused(
      changed(detached, 'dists/bookworm/Release', (text) => `${text}X: y\n`),
      'ARCHIVE_UNTRUSTED',
    );
  });

  test.each([
    ['before the signed block', (text: string) => `Suite: bookworm\n\n${text}`],
    ['behind the signed block', (text: string) => `${text}\nSHA256:\n ${'0'.repeat(64)} 1 main/x\n`],
    [
      'between text and signature',
      (text: string) => text.replace('-----BEGIN PGP SIGNATURE', '-----BEGIN X-----\n$&'),
    ],
    ['in two blocks', (text: string) => text + text],
  ])('with text %s', async (_, change) => {
    await refused(changed(await suite(), IN, change), 'ARCHIVE_UNTRUSTED');
  });

  test.each([
    ['no signature at all', () => 'Origin: Test\n'],
    ['nothing', () => ''],
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
    [
      'a signature that is none',
      (text: string) => text.replace(/\n\nw[\s\S]*-----END/, '\n\nAAAA\n-----END'),
    ],
  ])('with %s', async (_, change) => {
    await refused(changed(await suite(), IN, change), 'ARCHIVE_UNTRUSTED');
  });

  test('no longer valid', async () => {
    const files = await suite({ fields: { 'Valid-Until': later(7).toUTCString() } });
    await refused(files, 'ARCHIVE_EXPIRED', { now: later(8) });
    expect((await plan(files, { now: later(8), options: { allowExpired: true } })).updates).toHaveLength(1);
  });

  test('from the future', async () => {
    await refused(await suite({ date: later(2), signedAt: NOW }), 'ARCHIVE_EXPIRED', {}, 'from the future');
  });

  test('signed by a key that has expired since', async () => {
    const old = await makeArchiveKey({ expiresAfter: 200 * 86_400 });
    const files = await suite({ key: old });
    expect((await plan(files, { keyring: old.armored })).updates).toHaveLength(1);
    await refused(files, 'ARCHIVE_UNTRUSTED', { keyring: old.armored, now: later(100) });
  });

  test('older than one that was seen', async () => {
    const cache = memoryCache();
    await plan(await suite({ date: NOW }), { cache });
    await refused(await suite({ date: later(-1) }), 'ARCHIVE_ROLLED_BACK', { cache });
  });

  test('of another suite', async () => {
    const files = await suite({ fields: { Suite: 'trixie', Codename: 'trixie' } });
    await refused(files, 'ARCHIVE_UNTRUSTED', {}, 'trixie');
  });

  test('with another index than the signed one', async () => {
    const files = await suite();
    const other = gzipSync(Buffer.from('Package: libssl3\nVersion: 9\n'));
    await refused(new Map(files).set(INDEX, other), 'ARCHIVE_UNTRUSTED', {}, 'not the file');
    const longer = Buffer.concat([files.get(INDEX) ?? Buffer.alloc(0), Buffer.alloc(9)]);
    await refused(new Map(files).set(INDEX, longer), 'ARCHIVE_UNTRUSTED', {}, 'not the file');
  });

  test('with an index that holds more than was signed', async () => {
    const bomb = gzipSync(Buffer.alloc(1 << 24, 'a'));
    const sum = createHash('sha256').update(bomb).digest('hex');
    const edit = (text: string): string => text.replace(/ \w{64} \d+ (\S+\.gz)/, ` ${sum} ${bomb.length} $1`);
    const files = await suite({ edit });
    await refused(new Map(files).set(INDEX, bomb), 'ARCHIVE_UNTRUSTED', {}, 'damaged');
  });

  test('with an index that says to be larger than any', async () => {
    const edit = (text: string): string => text.replace(/( \w{64}) \d+ (\S+\.gz)/, '$1 999999999999 $2');
    await refused(await suite({ edit }), 'ARCHIVE_LIMIT');
  });

  test('signed over a digest that can be forged', async () => {
    const rsa = await makeArchiveKey({ rsa: true });
    const files = await suite({ key: rsa, weakDigest: true });
    await refused(files, 'ARCHIVE_UNTRUSTED', { keyring: rsa.armored }, 'nsecure');
    const good = await makeArchiveKey({ rsa: true });
    expect((await plan(await suite({ key: good }), { keyring: good.armored })).updates).toHaveLength(1);
  });

  test('without sums that can be trusted', async () => {
    await refused(await suite({ edit: (text) => text.replace('SHA256:', 'MD5Sum:') }), 'ARCHIVE_UNTRUSTED');
  });

  test('that wants to be believed without a signature', async () => {
    const source = 'deb [trusted=yes] http://deb.test/debian bookworm main';
    const files = await suite({ detached: true });
    files.delete('dists/bookworm/Release.gpg');
    await refused(files, 'ARCHIVE_UNTRUSTED', { source });
    expect((await plan(files, { source, options: { allowUnsigned: true } })).updates).toHaveLength(1);
  });

  test('that is not there', async () => {
    await refused(new Map(), 'ARCHIVE_UNAVAILABLE', {}, 'is not there');
  });

  test.each([['http://127.0.0.1/debian'], ['http://169.254.169.254/debian'], ['file:///etc']])(
    'at %s, which only the operator may name',
    async (uri) => {
      const source = `deb [signed-by=/usr/share/keyrings/a.asc] ${uri} bookworm main`;
      await refused(await suite(), 'ARCHIVE_UNAVAILABLE', { source }, 'only the operator');
    },
  );

  test('beside a good one is said where the operator wants to go on', async () => {
    const source = ['bookworm', 'trixie']
      .map((name) => `deb [signed-by=/usr/share/keyrings/a.asc] http://deb.test/debian ${name} main`)
      .join('\n');
    const files = new Map([
      ...(await suite()),
      ...(await suiteFiles({ suite: 'trixie', key: stranger, packages })),
    ]);
    await refused(files, 'ARCHIVE_UNTRUSTED', { source });
    const { updates, notes } = await plan(files, { source, options: { unusableSources: 'skip' } });
    expect(updates).toHaveLength(1);
    expect(notes).toEqual([expect.stringContaining('trixie of http://deb.test/debian/ is not used')]);
  });
});
