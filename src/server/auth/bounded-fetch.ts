/** As the global one, as far as it is used here. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method?: 'GET';
  readonly headers?: Headers | Readonly<Record<string, string>>;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

/** Gives up on bodies that are longer than `maxBytes`; redirects are not followed. */
export function boundedFetch(inner: Fetch, maxBytes: number): Fetch {
  return async (url, init) => {
    const response = await inner(url, { ...init, redirect: 'manual' });
    const body = await readBody(response, maxBytes);
    return new Response(body, {
      status: response.status < 200 ? 500 : response.status,
      headers: response.headers,
    });
  };
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!response.body || response.status === 204 || response.status === 304) return null;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    // Leaving the loop drops the connection.
    if (length > maxBytes) throw new RangeError(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks, length));
}
