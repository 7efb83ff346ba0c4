import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DrydockError } from '../../../base/errors.ts';
import type { Secret } from '../../../base/secret.ts';
import type { Signal } from '../../../base/signal.ts';
import type { AdapterAuth } from '../../../model/scanner-registration.ts';
import {
  headerOf,
  readBody,
  type HttpAnswer,
  type HttpHeaders,
  type Transport,
} from '../../../oci/registry/transport.ts';

export interface AdapterConnectionParts {
  readonly transport: Transport;
  /** Maybe with a path. */
  readonly url: string;
  readonly auth: AdapterAuth;
  readonly credential?: Secret;
}

export interface AdapterRequest {
  readonly method: 'GET' | 'POST';
  /** Behind `/api/v1`; each part is escaped. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole answer, its body included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface AdapterAnswer {
  readonly status: number;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
}

/** Asks one scanner. Every status is an answer; redirects are not followed. */
export interface AdapterConnection {
  /** @throws NoAnswer; the signal's reason */
  ask(request: AdapterRequest, options: Signal): Promise<AdapterAnswer>;
}

/** Why there was no answer. */
export class NoAnswer extends Error {
  /** `late`: not in time, `large`: more than is taken, `forbidden`: it lies where we may not go. */
  readonly why: 'network' | 'late' | 'large' | 'forbidden';

  constructor(why: NoAnswer['why'], cause?: unknown) {
    super(why, { cause });
    this.why = why;
  }
}

const MAX_FAILURE_BYTES = 64 << 10;
const unpack = promisify(gunzip);

export function openAdapterConnection(parts: AdapterConnectionParts): AdapterConnection {
  const authorization = authorizationOf(parts);
  return {
    async ask(request, { signal }) {
      const late = AbortSignal.timeout(request.timeoutMs);
      const both = AbortSignal.any([signal, late]);
      try {
        const answer = await parts.transport.send(
          {
            method: request.method,
            url: addressOf(parts.url, request),
            headers: { 'accept-encoding': 'gzip', ...request.headers, ...authorization },
            ...(request.body !== undefined && { body: request.body }),
          },
          { signal: both },
        );
        return await toAnswer(answer, request.maxBytes);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NoAnswer) throw error;
        if (late.aborted) throw new NoAnswer('late', error);
        const isForbidden = isOrHasForbidden(error);
        throw new NoAnswer(isForbidden ? 'forbidden' : 'network', error);
      }
    },
  };
}

function isOrHasForbidden(error: unknown): boolean {
  if (error instanceof DrydockError) return error.code === 'TARGET_FORBIDDEN';
  return error instanceof Error && error.cause !== undefined && isOrHasForbidden(error.cause);
}

/** A failure's body is of no use when it is long, so it does not matter what is in it. */
async function toAnswer(answer: HttpAnswer, maxBytes: number): Promise<AdapterAnswer> {
  const { status, headers } = answer;
  const isGood = status >= 200 && status < 300;
  const limit = isGood ? maxBytes : MAX_FAILURE_BYTES;
  const read = await readBody(answer, limit);
  if (!read && isGood) throw new NoAnswer('large');
  const body = await unpacked(read ?? new Uint8Array(), headerOf(headers, 'content-encoding'), limit);
  if (body) return { status, headers, body };
  if (isGood) throw new NoAnswer('large');
  return { status, headers, body: new Uint8Array() };
}

/** Undefined: it is larger than it may be, or damaged. */
async function unpacked(
  bytes: Uint8Array,
  coding: string | undefined,
  maxOutputLength: number,
): Promise<Uint8Array | undefined> {
  if (bytes.length === 0 || !/^(?:x-)?gzip$/i.test(coding?.trim() ?? '')) return bytes;
  try {
    return await unpack(bytes, { maxOutputLength });
  } catch {
    return undefined;
  }
}

function addressOf(base: string, { path, query = {} }: AdapterRequest): URL {
  const url = new URL(base);
  const parts = ['api', 'v1', ...path.map((part) => encodeURIComponent(part))];
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...parts].join('/');
  url.search = '';
  url.hash = '';
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

function authorizationOf({ auth, credential }: AdapterConnectionParts): Readonly<Record<string, string>> {
  const secret = credential?.reveal() ?? '';
  if (auth === 'basic') return { authorization: `Basic ${Buffer.from(secret).toString('base64')}` };
  if (auth === 'bearer') return { authorization: `Bearer ${secret}` };
  return auth === 'api-key' ? { 'x-scanneradapter-api-key': secret } : {};
}
