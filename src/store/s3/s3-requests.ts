import { createHash } from 'node:crypto';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Secret } from '../../base/secret.ts';

export interface S3Options {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://minio:9000`. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region?: string;
  /** The bucket in the path rather than in the host's name. */
  readonly isPathStyle?: boolean;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: Secret;
    readonly sessionToken?: Secret;
  };
  /** For each request as a whole. */
  readonly timeoutMs?: number;
  /** Another way to send, such as one that trusts other certificate authorities. */
  readonly fetch?: typeof fetch;
}

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Undefined: the bucket itself. */
  readonly object?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the answer; a longer one is cut off. */
  readonly maxBytes: number;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly isWhole: boolean;
}

/** @throws DrydockError STORE_UNAVAILABLE when no answer is had */
export type S3Send = (request: S3Request) => Promise<S3Answer>;

const DEFAULT_TIMEOUT_MS = 20_000;
const DEFAULT_REGION = 'us-east-1';

/**
 * Sends signed requests to a bucket.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export async function openS3Requests(options: S3Options): Promise<S3Send> {
  const { credentials, region = DEFAULT_REGION, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const base = baseOf(options);
  const { AwsV4Signer } = await import('aws4fetch');
  // Derived keys, one for each day.
  const signingKeys = new Map<string, ArrayBuffer>();

  async function sign({ method, object = '', query = {}, headers = {}, body }: S3Request): Promise<Request> {
    const url = new URL(base.href + object);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const signed = await new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, 'x-amz-content-sha256': digest },
      service: 's3',
      region,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey.reveal(),
      ...(credentials.sessionToken && { sessionToken: credentials.sessionToken.reveal() }),
      cache: signingKeys,
    }).sign();
    return new Request(signed.url, {
      method,
      headers: signed.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    });
  }

  return async (request) => {
    try {
      if (signingKeys.size > 8) signingKeys.clear();
      const response = await (options.fetch ?? fetch)(await sign(request));
      return await toAnswer(response, request.maxBytes);
    } catch (error) {
      throw new DrydockError('STORE_UNAVAILABLE', `s3 at ${base.host} cannot be used: ${causeOf(error)}`);
    }
  };
}

/** `fetch` hides what happened in the cause. */
function causeOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause ? error.cause : error).slice(0, 300);
}

function baseOf({ endpoint, bucket, isPathStyle = false }: S3Options): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw invalid('the endpoint is no http or https address');
  if (url.username || url.password) throw invalid('the endpoint holds a user; credentials are given apart');
  if (url.search || url.hash) throw invalid('the endpoint has parameters');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(bucket)) throw invalid('that is no name of a bucket');
  const folder = url.pathname.replace(/\/+$/, '');
  if (isPathStyle) url.pathname = `${folder}/${bucket}/`;
  else {
    url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = `${folder}/`;
  }
  return url;
}

function invalid(what: string): DrydockError {
  return new DrydockError('CONFIG_INVALID', `s3 cannot be used: ${what}`);
}

async function toAnswer(response: Response, maxBytes: number): Promise<S3Answer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let isWhole = true;
  if (response.body)
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        isWhole = false; // leaving the loop ends the connection
        break;
      }
      chunks.push(chunk);
    }
  return { status: response.status, headers: response.headers, body: Buffer.concat(chunks), isWhole };
}
