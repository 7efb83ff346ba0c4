import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import { StreamError } from '../../../codec/stream-error.ts';
import type { UsedIndex } from '../../../model/patch.ts';
import { decompressMember } from '../../embedded/archive/decompress-member.ts';
import { readTar } from '../../embedded/archive/read-tar.ts';
import { splitLogin, type Addresses } from '../../sources/addresses.ts';
import { sha256HexOf } from '../../sources/archive-cache.ts';
import { fetchStamped, type StampContext } from '../../sources/fetch-stamped.ts';
import { SuiteGone } from '../../sources/load-release.ts';
import type { DateMemory } from '../../sources/release-age.ts';
import { untrusted } from '../../sources/signed-text.ts';
import { signedParts, type SignedParts } from '../archive/signed-parts.ts';
import { readIndexRecords, type IndexRecord } from './index-records.ts';
import type { ApkRepository } from './repositories.ts';
import { verifyParts, type ApkKeys } from './verify-signature.ts';

export interface IndexContext extends StampContext {
  readonly addresses: Addresses;
  readonly keys: ApkKeys;
  readonly dates: DateMemory | undefined;
}

export interface VerifiedIndex {
  readonly repository: ApkRepository;
  readonly records: readonly IndexRecord[];
  /** What packages are below, by architecture; ends with a slash. */
  readonly base: URL;
  readonly used: UsedIndex;
}

const MAX_PACKED_BYTES = 64 << 20;
/** Above the size of any real one by a factor of twenty. */
const MAX_INDEX_BYTES = 256 << 20;

/**
 * Gets, verifies and reads the index of a repository.
 *
 * @param wanted names of packages
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_ROLLED_BACK, ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT
 */
export async function loadApkIndex(
  repository: ApkRepository,
  architecture: string,
  wanted: ReadonlySet<string>,
  context: IndexContext,
  options: Signal,
): Promise<VerifiedIndex> {
  const named = new URL(`${splitLogin(repository.uri).url.href.replace(/\/+$/, '')}/`);
  const base = context.addresses.rewrite(named);
  const url = new URL(`${architecture}/APKINDEX.tar.gz`, base);
  const content = await fetchStamped(url, MAX_PACKED_BYTES, context, options);
  if (!content) {
    throw new SuiteGone('ARCHIVE_UNAVAILABLE', `${url.href} is not there`, {
      hint: 'Look whether the release and the architecture are still served there.',
    });
  }
  const { text, description } = await verifiedText(content, repository, url, context, options);
  const { records, newest } = readIndexRecords(text, wanted);
  const date = new Date(newest * 1000).toISOString();
  if (!context.frozen.has(url.href)) await checkRollback(`${named.href} ${architecture}`, date, url, context);
  const used = {
    origin: base.hostname,
    suite: base.pathname.replace(/^\/+|\/+$/g, ''),
    codename: description,
    date,
    sha256: sha256HexOf(content),
    url: url.href,
  };
  return { repository, records, base, used };
}

interface IndexText {
  readonly text: Buffer;
  readonly description: string;
}

async function verifiedText(
  content: Uint8Array,
  repository: ApkRepository,
  url: URL,
  { keys }: IndexContext,
  { signal }: Signal,
): Promise<IndexText> {
  try {
    const parts = await partsOf(content);
    verifyParts(parts, keys, repository, url.href);
    const entries = await readTar(decompressMember(parts.body, '.gz', { maxBytes: MAX_INDEX_BYTES, signal }));
    const of = (name: string): Buffer | undefined => {
      const found = entries.find(({ path }) => path === name)?.content;
      return found && Buffer.from(found.buffer, found.byteOffset, found.length);
    };
    const text = of('APKINDEX');
    if (!text) throw untrusted(url.href, 'it holds no index');
    const description = (of('DESCRIPTION') ?? Buffer.alloc(0)).toString('utf8', 0, 200).trim();
    return { text, description };
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    throw untrusted(url.href, `its content is damaged: ${error.message}`, error);
  }
}

async function partsOf(content: Uint8Array): Promise<SignedParts> {
  const isOther = Buffer.from(content.subarray(0, 3)).toString('latin1') === 'ADB';
  if (isOther) throw new StreamError('it is of format 3, which is not supported');
  return signedParts(content);
}

/**
 * An index bears no date. Instead, the newest package in it must not be older than the newest that was seen there
 * before: in a branch of Alpine packages are only ever replaced by newer ones.
 */
async function checkRollback(key: string, date: string, url: URL, { dates }: IndexContext): Promise<void> {
  const newest = await dates?.get(`apk ${key}`);
  const before = newest === undefined ? Number.NaN : Date.parse(newest);
  const now = Date.parse(date);
  if (before > now) {
    throw new DrydockError(
      'ARCHIVE_ROLLED_BACK',
      `the newest package of ${url.href} is of ${date}, but one of ${newest} was seen there before`,
      { hint: 'The mirror is out of date, or somebody shows an old state of the repository.' },
    );
  }
  if (before !== now) await dates?.put(`apk ${key}`, date);
}
