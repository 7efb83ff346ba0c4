import type { Readable } from 'node:stream';
import type * as Undici from 'undici';
import type { Signal } from '../../base/signal.ts';
import { prepareDispatchers, type ConnectionOptions, type Dispatchers } from './dispatchers.ts';
import type { HostGates } from './host-gates.ts';

/** Bytes that can be sent more than once. */
export interface RequestBody {
  readonly sizeBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | RequestBody;
}

/** Its body must be read to the end, or discarded. */
export interface HttpAnswer {
  readonly status: number;
  /** What was asked in the end, after redirects. */
  readonly url: URL;
  readonly headers: HttpHeaders;
  readonly body: HttpBody;
}

export type HttpHeaders = Readonly<Record<string, string | string[] | undefined>>;
type HttpBody = Undici.Dispatcher.ResponseData['body'];

/** Sends one request and gives what comes back, whatever it is. Throws what the network throws. */
export interface Transport extends AsyncDisposable {
  send(request: HttpRequest, options: Signal): Promise<HttpAnswer>;
}

const MAX_DISCARDED_BYTES = 64 * 1024;

export function openTransport(
  options: ConnectionOptions & { readonly userAgent: string },
  gates: HostGates,
): Transport {
  const prepared = prepareDispatchers(options);
  let loading: Promise<{ undici: typeof Undici; dispatchers: Dispatchers }> | undefined;
  // Who scans a local image shall not wait for an HTTP library.
  const load = async () => {
    const undici = await import('undici');
    return { undici, dispatchers: prepared(undici) };
  };
  return {
    async send({ method, url, headers, body }, { signal }) {
      const { undici, dispatchers } = await (loading ??= load());
      // What is sent may come from the same host, and would wait there for the place that sending it holds.
      const isUpload = isStreamed(body) && body.sizeBytes > 0;
      const leave = isUpload ? () => undefined : await gates.enter(url.host, { signal });
      try {
        const answer = await undici.request(url, {
          dispatcher: dispatchers.for(url),
          method,
          signal,
          headers: {
            'user-agent': options.userAgent,
            'accept-encoding': 'identity',
            ...headers,
            ...(isStreamed(body) && { 'content-length': String(body.sizeBytes) }),
          },
          ...(body !== undefined && { body: isStreamed(body) ? await streamOf(body) : body }),
        });
        answer.body.once('close', leave);
        // A stream that nobody reads any more may still fail, which would end the process.
        answer.body.on('error', () => undefined);
        return { status: answer.statusCode, url, headers: answer.headers, body: answer.body };
      } catch (error) {
        leave();
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {
      const loaded = await loading;
      await loaded?.dispatchers[Symbol.asyncDispose]();
    },
  };
}

function isStreamed(body: HttpRequest['body']): body is RequestBody {
  return typeof body === 'object' && !(body instanceof Uint8Array);
}

/** Only who sends bodies needs streams. */
async function streamOf(body: RequestBody): Promise<Readable | Uint8Array> {
  if (body.sizeBytes === 0) return new Uint8Array(0);
  const { Readable } = await import('node:stream');
  return Readable.from(body.open(), { objectMode: false });
}

/** The header's first value. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  return headersOf(headers, name)[0];
}

/** All values of a header that may be sent several times. */
export function headersOf(headers: HttpHeaders, name: string): readonly string[] {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** Lets the connection be used again, or drops it when much is still to come. */
export async function discard({ body }: HttpAnswer, { signal }: Signal): Promise<void> {
  try {
    await body.dump({ limit: MAX_DISCARDED_BYTES, signal });
  } catch {
    signal.throwIfAborted(); // otherwise what fails here was not wanted anyway
  }
}

/** The body, or undefined when it is longer than `maxBytes`. */
export async function readBody(
  { body, headers }: HttpAnswer,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  if (Number(headerOf(headers, 'content-length') ?? 0) > maxBytes) {
    body.destroy();
    return undefined;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) return undefined; // leaving the loop drops the connection
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
