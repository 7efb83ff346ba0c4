import type { Signal } from '../../base/signal.ts';
import type { Authorizer } from './authorizer.ts';
import { chooseChallenge } from './challenge.ts';
import type { Endpoint } from './endpoint.ts';
import { errorDetail } from './error-detail.ts';
import type { Greeting } from './greeting.ts';
import { HttpFailure, type HostRole } from './http-failure.ts';
import { sendFollowing } from './redirect.ts';
import { parseRetryAfter } from './retry-after.ts';
import { secretsOf } from './token-server.ts';
import {
  discard,
  headerOf,
  headersOf,
  type HttpAnswer,
  type HttpRequest,
  type RequestBody,
  type Transport,
} from './transport.ts';

export interface RegistryRequest {
  readonly method: HttpRequest['method'];
  /** Behind `/v2/REPOSITORY/`, with its query; or a whole address that the registry gave. */
  readonly path: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
}

/**
 * Asks a registry once: finds out how to speak with it, shows who we are, goes where its answer leads.
 * Gives answers of success only; throws HttpFailure for others, DrydockError, and what the network throws.
 */
export type Exchange = (endpoint: Endpoint, request: RegistryRequest, options: Signal) => Promise<HttpAnswer>;

export interface ExchangeParts {
  readonly transport: Transport;
  readonly greeting: Greeting;
  readonly authorizer: Authorizer;
  readonly isPlainHttp: (url: URL) => boolean;
  readonly onWarnings: (host: string, headers: readonly string[]) => void;
}

export function openExchange(parts: ExchangeParts): Exchange {
  return async (endpoint, request, options) => {
    const base = await parts.greeting(endpoint, options);
    const { path } = request;
    const url = typeof path === 'string' ? new URL(`v2/${endpoint.repository}/${path}`, base) : path;
    const isOwn = url.origin === base.origin;
    let authorization = isOwn ? await parts.authorizer.first(endpoint, base, options) : undefined;
    for (let refusals = 0; ;) {
      const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) };
      const { method, body } = request;
      const answer = await sendFollowing(
        parts.transport,
        { method, url, headers, ...(body && { body }) },
        parts.isPlainHttp,
        options,
      );
      parts.onWarnings(endpoint.registry, headersOf(answer.headers, 'warning'));
      if (answer.status >= 200 && answer.status < 300) return answer;

      const failure = await failureOf(answer, url, authorization, endpoint, options, isOwn);
      if (authorization !== undefined) refusals++;
      // A token may have expired, or be for too little: that is worth one more. Two refusals are an answer.
      const better =
        refusals < 2 ? await meetChallenge(answer, authorization, endpoint, base, options) : undefined;
      if (better === undefined || better === authorization) throw failure;
      authorization = better;
    }
  };

  async function meetChallenge(
    { status, url, headers }: HttpAnswer,
    refused: string | undefined,
    endpoint: Endpoint,
    base: URL,
    options: Signal,
  ): Promise<string | undefined> {
    // Whoever the registry sent us to learns nothing of who we are.
    if ((status !== 401 && status !== 403) || url.origin !== base.origin) return undefined;
    const challenge = chooseChallenge(headersOf(headers, 'www-authenticate'));
    if (!challenge) return undefined;
    parts.authorizer.learn(challenge, endpoint);
    return parts.authorizer.meet(challenge, refused, endpoint, base, options);
  }

  async function failureOf(
    answer: HttpAnswer,
    asked: URL,
    authorization: string | undefined,
    endpoint: Endpoint,
    options: Signal,
    isRegistry: boolean,
  ): Promise<HttpFailure> {
    const role: HostRole = answer.url.origin === asked.origin && isRegistry ? 'registry' : 'storage';
    // Why a request failed must not be hidden by a helper that fails too.
    const credential = await parts.authorizer.credential(endpoint, options).catch(() => undefined);
    const secrets = [...secretsOf(credential), ...(authorization?.split(' ').slice(1) ?? [])];
    // What storage says is not shown: an address that a registry made up could be anybody's.
    const detail = role === 'registry' ? await errorDetail(answer, secrets) : undefined;
    await discard(answer, options);
    return new HttpFailure({
      status: answer.status,
      role,
      host: answer.url.host,
      signedIn: credential !== undefined,
      detail,
      retryAfterMs: parseRetryAfter(headerOf(answer.headers, 'retry-after'), Date.now()),
      totalBytes: totalOf(headerOf(answer.headers, 'content-range')),
    });
  }
}

/** Of an answer 416, which gives the length in place of a range. */
function totalOf(contentRange: string | undefined): number | undefined {
  const digits = /^bytes \*\/(\d{1,15})$/.exec(contentRange?.trim() ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
