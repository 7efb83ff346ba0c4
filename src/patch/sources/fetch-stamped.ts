import type { Signal } from '../../base/signal.ts';
import { cachedContent, rememberContent, sha256HexOf, type ArchiveCache } from './archive-cache.ts';
import { unavailable, type ArchiveClient, type Stamp } from './archive-client.ts';
import { isObject, parseJson } from './stamp-json.ts';

export interface StampContext {
  readonly client: ArchiveClient;
  readonly cache: ArchiveCache | undefined;
  /** The only states that are taken, by the address of the signed file. */
  readonly frozen: ReadonlyMap<string, string>;
}

/** The file as it is now, without getting again what has not changed. Undefined where there is none. */
export async function fetchStamped(
  url: URL,
  maxBytes: number,
  context: StampContext,
  { signal }: Signal,
): Promise<Uint8Array | undefined> {
  const { cache, client, frozen } = context;
  const wanted = frozen.get(url.href);
  if (wanted !== undefined) {
    const kept = await cachedContent(cache, wanted);
    if (kept) return kept;
  }
  const key = `stamp ${url.href}`;
  const known = await knownAs(key, cache);
  const fetched = await client
    .fetch(url, { maxBytes, signal, ...(known && { known: known.stamp }) })
    .catch((error: unknown) => {
      if (client.isOffline && known) return { kind: 'unchanged' as const };
      throw error;
    });
  if (fetched.kind === 'missing') return undefined;
  const content = fetched.kind === 'unchanged' ? known?.content : fetched.content;
  if (!content) throw unavailable(url, 'the server says that it has not changed, but it was never here');
  if (wanted !== undefined && sha256HexOf(content) !== wanted) {
    throw unavailable(url, `the state with SHA-256 ${wanted} is no longer there`);
  }
  if (fetched.kind === 'content') {
    await rememberContent(cache, content);
    await cache?.put(key, Buffer.from(JSON.stringify({ ...fetched.stamp, sha256: sha256HexOf(content) })));
  }
  return content;
}

async function knownAs(
  key: string,
  cache: ArchiveCache | undefined,
): Promise<{ readonly stamp: Stamp; readonly content: Uint8Array } | undefined> {
  const text = await cache?.get(key);
  const read = text && parseJson(Buffer.from(text).toString('utf8'));
  if (!isObject(read) || typeof read['sha256'] !== 'string') return undefined;
  const content = await cachedContent(cache, read['sha256']);
  if (!content) return undefined;
  const { etag, lastModified } = read;
  return {
    content,
    stamp: {
      ...(typeof etag === 'string' && { etag }),
      ...(typeof lastModified === 'string' && { lastModified }),
    },
  };
}
