import { DrydockError } from '../../base/errors.ts';
import { limitTo } from '../../base/limit.ts';
import { frame, peekFrame, unframe, type Entry } from '../frame.ts';
import type { Store } from '../store.ts';
import { parseErrorCode, parseListPage } from './list-page.ts';
import { objectNameOf, objectPrefixOf } from './object-names.ts';
import { openS3Requests, type S3Answer, type S3Options } from './s3-requests.ts';

export interface S3StoreOptions extends S3Options {
  /** In front of every object's name; `drydock/` unless given. */
  readonly prefix?: string;
  readonly maxValueBytes?: number;
  readonly now?: () => number;
}

const DEFAULT_PREFIX = 'drydock/';
const DEFAULT_MAX_VALUE_BYTES = 256 << 20;
const MAX_KEY_BYTES = 65_536;
const MAX_ERROR_BYTES = 65_536;
const MAX_LIST_BYTES = 16 << 20;
const MAX_PAGES = 100_000;
const LIST_CONCURRENCY = 8;

type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'dead'; readonly etag: string | undefined }
  | { readonly kind: 'live'; readonly value: Uint8Array };

/**
 * Keeps values as objects of a bucket. An object begins with a checksum, its key and its time of expiry, which is
 * judged by this machine's clock; what is damaged or over is as good as absent. Nothing removes what is over: give the
 * bucket a lifecycle rule.
 *
 * `ifAbsent` goes by `If-None-Match` and, in the place of what is over, by `If-Match`. A server that ignores these
 * conditions can let two writers win; one that refuses them is written to without. Use it for values, not for leases.
 *
 * Every method throws DrydockError STORE_UNAVAILABLE.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export async function openS3Store(options: S3StoreOptions): Promise<Store> {
  const { prefix = DEFAULT_PREFIX, maxValueBytes = DEFAULT_MAX_VALUE_BYTES, now = Date.now } = options;
  if (!/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*\/?$|^$/.test(prefix) || /(^|\/)\.{1,2}(\/|$)/.test(prefix))
    throw new DrydockError(
      'CONFIG_INVALID',
      's3 cannot be used: the prefix is no path of letters, digits, _ . -',
    );
  const send = await openS3Requests(options);
  const maxBytes = maxValueBytes + MAX_KEY_BYTES;
  const nameOf = (key: string): string => prefix + objectNameOf(key);

  async function find(key: string): Promise<Found> {
    const answer = await send({ method: 'GET', object: nameOf(key), maxBytes });
    if (answer.status === 404 && parseErrorCode(answer.body.toString('latin1')) !== 'NoSuchBucket')
      return { kind: 'absent' };
    if (answer.status !== 200) throw refused('read', answer);
    const entry = answer.isWhole ? unframe(answer.body) : undefined;
    if (entry?.key === key && entry.expiresAt > now()) return { kind: 'live', value: entry.value };
    return { kind: 'dead', etag: answer.headers.get('etag') ?? undefined };
  }

  async function write(key: string, body: Uint8Array, condition: Record<string, string>): Promise<S3Answer> {
    const headers = { 'content-type': 'application/octet-stream', ...condition };
    return await send({ method: 'PUT', object: nameOf(key), headers, body, maxBytes: MAX_ERROR_BYTES });
  }

  async function writeIf(key: string, body: Uint8Array, condition: Record<string, string>): Promise<boolean> {
    let answer = await write(key, body, condition);
    if (answer.status === 501) answer = await write(key, body, {}); // it knows no conditions
    if (answer.status === 200) return true;
    // 404: what should have been replaced is gone. 409: somebody else writes at this moment.
    if ([404, 409, 412].includes(answer.status)) return false;
    throw refused('write', answer);
  }

  async function writeIfAbsent(key: string, body: Uint8Array): Promise<boolean> {
    const found = await find(key);
    if (found.kind === 'live') return false;
    if (found.kind === 'absent') return await writeIf(key, body, { 'if-none-match': '*' });
    return await writeIf(key, body, found.etag ? { 'if-match': found.etag } : {});
  }

  /** A name tells neither when its object ends nor, if it is long, which key it is of: the beginning of it does. */
  async function peek(object: string): Promise<Omit<Entry, 'value'> | undefined> {
    const headers = { range: `bytes=0-${MAX_KEY_BYTES - 1}` };
    const answer = await send({ method: 'GET', object, headers, maxBytes: MAX_KEY_BYTES });
    if (answer.status === 404 || answer.status === 416) return undefined;
    if (answer.status !== 200 && answer.status !== 206) throw refused('read', answer);
    return peekFrame(answer.body);
  }

  async function* objects(start: string): AsyncIterable<readonly string[]> {
    let token: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { 'list-type': '2', prefix: start, ...(token && { 'continuation-token': token }) };
      const answer = await send({ method: 'GET', query, maxBytes: MAX_LIST_BYTES });
      if (answer.status !== 200 || !answer.isWhole) throw refused('list', answer);
      const { names, next } = parseListPage(answer.body.toString());
      yield names;
      if (next === undefined) return;
      token = next;
    }
  }

  return {
    async get(key) {
      const found = await find(key);
      return found.kind === 'live' ? found.value : undefined;
    },
    async put(key, value, { ttlSeconds = Infinity, ifAbsent = false } = {}) {
      const body = frame({ key, value, expiresAt: now() + ttlSeconds * 1000 });
      if (value.length > maxValueBytes || body.length > maxBytes) return false;
      if (ifAbsent) return await writeIfAbsent(key, body);
      const answer = await write(key, body, {});
      if (answer.status !== 200) throw refused('write', answer);
      return true;
    },
    async delete(key) {
      const answer = await send({ method: 'DELETE', object: nameOf(key), maxBytes: MAX_ERROR_BYTES });
      if (![200, 204, 404].includes(answer.status)) throw refused('delete', answer);
    },
    async *keys(start) {
      const places = limitTo(LIST_CONCURRENCY);
      const { signal } = new AbortController();
      for await (const names of objects(prefix + objectPrefixOf(start))) {
        const ours = names.filter((name) => /^[A-Za-z0-9_./~-]+$/.test(name));
        const entries = await Promise.all(ours.map((name) => places.run(() => peek(name), { signal })));
        for (const [index, entry] of entries.entries())
          if (entry?.key.startsWith(start) && entry.expiresAt > now() && nameOf(entry.key) === ours[index])
            yield entry.key;
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(), // connections end by themselves
  };
}

function refused(what: string, { status, body }: S3Answer): DrydockError {
  const code = parseErrorCode(body.toString('latin1'));
  const isElsewhere = status >= 300 && status < 400;
  return new DrydockError(
    'STORE_UNAVAILABLE',
    `s3 refused to ${what} with status ${status}${code ? ` (${code})` : ''}`,
    isElsewhere ? { hint: 'the bucket is elsewhere; check the endpoint and the region' } : {},
  );
}
