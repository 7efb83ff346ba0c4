import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip, createGzip } from 'node:zlib';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import { StreamError } from '../../codec/stream-error.ts';
import { xzChunks } from '../../codec/xz.ts';
import { cachedContent, rememberContent, sha256HexOf, type ArchiveCache } from './archive-cache.ts';
import { unavailable, type ArchiveClient, type FetchOptions } from './archive-client.ts';
import type { VerifiedSuite } from './load-release.ts';
import { readPackages, type OfferedPackage } from './packages-index.ts';
import type { ReleaseFile } from './release.ts';
import { untrusted } from './signed-text.ts';

export interface IndexContext {
  readonly client: ArchiveClient;
  readonly cache: ArchiveCache | undefined;
  readonly onBytes?: (url: string, received: number, total: number) => void;
}

/** Above the size of any real one, uncompressed, by a factor of five. */
export const MAX_INDEX_BYTES = 500 << 20;

interface Form {
  readonly ending: string;
  readonly open: (content: Uint8Array, options: Bounds) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const FORMS: readonly Form[] = [
  { ending: '.xz', open: (content: Uint8Array, options: Bounds) => xzChunks([content], options) },
  { ending: '.gz', open: gunzipped },
  { ending: '', open: (content: Uint8Array) => [content] },
];

interface Bounds extends Signal {
  readonly maxBytes: number;
}

/** Paths of the indexes that a source has for these architectures, without their endings; those that are not there are left out. */
export function indexPaths(
  { source, release }: Pick<VerifiedSuite, 'source' | 'release'>,
  architectures: readonly string[],
): { readonly found: readonly string[]; readonly missing: readonly string[] } {
  const wanted = architectures.filter(
    (name) =>
      (source.architectures?.includes(name) ?? true) &&
      !(source.withoutArchitectures?.includes(name) ?? false),
  );
  const withAll = release.allWithinArchitectures ? wanted : [...wanted, 'all'];
  const paths = source.suite.endsWith('/')
    ? ['Packages']
    : source.components.flatMap((component) => withAll.map((name) => `${component}/binary-${name}/Packages`));
  const isThere = (path: string): boolean => FORMS.some(({ ending }) => release.files.has(path + ending));
  return { found: paths.filter(isThere), missing: paths.filter((path) => !isThere(path)) };
}

/**
 * The packages of those names in one index, after the whole of it was compared with what was signed.
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT
 */
export async function loadIndex(
  suite: VerifiedSuite,
  path: string,
  wanted: ReadonlySet<string>,
  context: IndexContext,
  { signal }: Signal,
): Promise<OfferedPackage[]> {
  const { files } = suite.release;
  const plain = files.get(path);
  if (plain?.sizeBytes === 0) return [];
  const form = FORMS.find(({ ending }) => files.has(path + ending));
  const packed = form && files.get(path + form.ending);
  const url = new URL(`./${path}${form?.ending ?? ''}`, suite.dists);
  if (!packed) throw unavailable(url, 'the release names no index that can be read');
  const largest = Math.max(packed.sizeBytes, plain?.sizeBytes ?? 0);
  if (largest > MAX_INDEX_BYTES) {
    throw new DrydockError(
      'ARCHIVE_LIMIT',
      `${url.href} is larger than the ${MAX_INDEX_BYTES} bytes that are taken`,
    );
  }
  const bounds = { maxBytes: plain?.sizeBytes ?? MAX_INDEX_BYTES, signal };
  const kept = form.ending === '.xz' && plain ? await context.cache?.get(unpackedKey(plain)) : undefined;
  if (kept) {
    const found = await readVerified(kept, KEPT, plain, wanted, bounds, url).catch(unlessDamaged);
    if (found) return found;
  }
  const content = await verifiedContent(suite, path + form.ending, packed, context, { signal });
  const keeper = form.ending === '.xz' && plain && context.cache ? openKeeper() : undefined;
  const found = await readVerified(content, form, plain, wanted, bounds, url, keeper?.add);
  if (keeper && plain) await context.cache?.put(unpackedKey(plain), await keeper.end());
  return found;
}

/** What xz takes seconds for is kept in a form that takes less; what it unpacks to is compared as ever. */
const KEPT: Form = { ending: '.gz', open: gunzipped };

function unpackedKey({ sha256 }: ReleaseFile): string {
  return `unpacked ${sha256}`;
}

/** What was kept is no more than a copy: where it is damaged, the original is read. */
function unlessDamaged(error: unknown): undefined {
  if (error instanceof DrydockError && error.code === 'ARCHIVE_UNTRUSTED') return undefined;
  throw error;
}

interface Keeper {
  readonly add: (piece: Uint8Array) => Promise<void>;
  readonly end: () => Promise<Uint8Array>;
}

/** Packs what comes by, quickly. */
function openKeeper(): Keeper {
  const gzip = createGzip({ level: 1, chunkSize: 1 << 18 });
  const packed = buffer(gzip);
  return {
    async add(piece) {
      if (!gzip.write(piece)) await once(gzip, 'drain');
    },
    end() {
      gzip.end();
      return packed;
    },
  };
}

/** The bytes as they lie on the server, checked. */
async function verifiedContent(
  { dists, release }: VerifiedSuite,
  path: string,
  file: ReleaseFile,
  { client, cache, onBytes }: IndexContext,
  { signal }: Signal,
): Promise<Uint8Array> {
  const kept = await cachedContent(cache, file.sha256);
  if (kept) return kept;
  const url = new URL(`./${path}`, dists);
  const options: FetchOptions = {
    maxBytes: file.sizeBytes,
    signal,
    ...(onBytes && { onBytes: (received) => onBytes(url.href, received, file.sizeBytes) }),
  };
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const byHash = new URL(`./${folder}by-hash/SHA256/${file.sha256}`, dists);
  let fetched = release.byHash ? await client.fetch(byHash, options).catch(asUntrusted(byHash)) : undefined;
  if (fetched?.kind !== 'content') fetched = await client.fetch(url, options).catch(asUntrusted(url));
  if (fetched.kind !== 'content') throw unavailable(url, 'it is not there');
  const { content } = fetched;
  if (content.length !== file.sizeBytes || sha256HexOf(content) !== file.sha256) {
    throw untrusted(url.href, 'it is not the file that the signed release names');
  }
  await rememberContent(cache, content);
  return content;
}

/** A file that is longer than the signed release says is another one. */
function asUntrusted(url: URL): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof DrydockError) || error.code !== 'ARCHIVE_LIMIT') throw error;
    throw untrusted(url.href, 'it is not the file that the signed release names', error);
  };
}

async function readVerified(
  content: Uint8Array,
  form: Form,
  plain: ReleaseFile | undefined,
  wanted: ReadonlySet<string>,
  bounds: Bounds,
  url: URL,
  also?: (piece: Uint8Array) => Promise<void>,
): Promise<OfferedPackage[]> {
  const hash = createHash('sha256');
  let length = 0;
  const pieces = (async function* () {
    for await (const piece of form.open(content, bounds)) {
      hash.update(piece);
      length += piece.length;
      if (length > bounds.maxBytes) throw new StreamError('more than it should be');
      await also?.(Uint8Array.from(piece));
      yield piece;
    }
  })();
  try {
    const found = await readPackages(pieces, wanted);
    if (plain && (length !== plain.sizeBytes || hash.digest('hex') !== plain.sha256)) {
      throw untrusted(url.href, 'its content is not what the signed release names');
    }
    return found;
  } catch (error) {
    if (error instanceof StreamError)
      throw untrusted(url.href, `its content is damaged: ${error.message}`, error);
    throw error;
  }
}

async function* gunzipped(content: Uint8Array, { signal }: Bounds): AsyncGenerator<Uint8Array> {
  const stream = Readable.from([content]).pipe(createGunzip({ chunkSize: 1 << 18 }));
  try {
    for await (const piece of stream as AsyncIterable<Uint8Array>) yield piece;
  } catch (error) {
    signal.throwIfAborted();
    throw new StreamError('damaged or truncated gzip data', { cause: error });
  }
}
