import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import {
  basicAuthorization,
  identityAuthorization,
  type RegistryCredential,
} from '../credentials/credential.ts';
import { parseJsonObject } from '../json.ts';
import { errorDetail } from './error-detail.ts';
import { HttpFailure } from './http-failure.ts';
import { isRedirect, sendFollowing } from './redirect.ts';
import { parseRetryAfter } from './retry-after.ts';
import {
  discard,
  headerOf,
  readBody,
  type HttpAnswer,
  type HttpRequest,
  type Transport,
} from './transport.ts';

export interface TokenQuestion {
  readonly realm: URL;
  readonly service: string | undefined;
  /** Some servers read the first one only. */
  readonly scopes: readonly string[];
  readonly credential: RegistryCredential | undefined;
}

export interface Token {
  readonly text: string;
  readonly lifetimeSeconds: number;
}

const CLIENT_ID = 'drydock';
const MAX_BYTES = 256 * 1024;
const MAX_TOKEN_LENGTH = 64 * 1024;
const DEFAULT_LIFETIME_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 3600;
const TOKEN = /^[\x21-\x7e]+$/;

/**
 * Fetches a token to show to a registry.
 *
 * @throws DrydockError REGISTRY_PROTOCOL; HttpFailure; what the network throws
 * @see https://distribution.github.io/distribution/spec/auth/token/ and …/oauth/
 */
export async function fetchToken(
  transport: Transport,
  question: TokenQuestion,
  options: Signal,
): Promise<Token> {
  const [first, second] = requestsFor(question);
  const answer = await ask(transport, first, question, options);
  if (second && (answer.status === 404 || answer.status === 405)) {
    await discard(answer, options);
    return toToken(await ask(transport, second, question, options), question);
  }
  return toToken(answer, question);
}

/** How to ask, and how to ask servers that do not know that way. */
function requestsFor(question: TokenQuestion): readonly [HttpRequest, HttpRequest?] {
  const { credential } = question;
  if (credential?.kind === 'basic') {
    const { username, password } = credential;
    const form = { grant_type: 'password', username, password: password.reveal() };
    return [byGet(question, basicAuthorization(username, password)), byPost(question, form)];
  }
  if (credential?.kind === 'identity-token') {
    const form = { grant_type: 'refresh_token', refresh_token: credential.token.reveal() };
    return [byPost(question, form), byGet(question, identityAuthorization(credential.token))];
  }
  return [byGet(question, undefined)];
}

function byGet({ realm, service, scopes }: TokenQuestion, authorization: string | undefined): HttpRequest {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  return { method: 'GET', url, headers: authorization === undefined ? {} : { authorization } };
}

function byPost(
  { realm, service, scopes }: TokenQuestion,
  form: Readonly<Record<string, string>>,
): HttpRequest {
  const fields = {
    ...form,
    client_id: CLIENT_ID,
    scope: scopes.join(' '),
    ...(service !== undefined && { service }),
  };
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
}

/** Credentials go to the address that was checked, and no further. */
async function ask(
  transport: Transport,
  request: HttpRequest,
  { realm, credential }: TokenQuestion,
  options: Signal,
): Promise<HttpAnswer> {
  if (!credential) return sendFollowing(transport, request, () => false, options);
  const answer = await transport.send(request, options);
  if (!isRedirect(answer.status)) return answer;
  await discard(answer, options);
  throw new DrydockError(
    'REGISTRY_PROTOCOL',
    `the token server ${realm.host} redirects a log-in elsewhere: refused`,
  );
}

async function toToken(answer: HttpAnswer, { realm, credential }: TokenQuestion): Promise<Token> {
  if (answer.status !== 200 && answer.status !== 201) throw await failureOf(answer, credential);
  const of = `the answer of the token server ${realm.host}`;
  const bytes = await readBody(answer, MAX_BYTES);
  if (!bytes) throw new DrydockError('REGISTRY_PROTOCOL', `${of} is larger than ${MAX_BYTES} bytes`);
  const body = parseJsonObject(bytes, { code: 'REGISTRY_PROTOCOL', of });
  const text = body['token'] || body['access_token'];
  if (typeof text !== 'string' || text.length > MAX_TOKEN_LENGTH || !TOKEN.test(text)) {
    throw new DrydockError('REGISTRY_PROTOCOL', `${of} holds no usable token`);
  }
  return { text, lifetimeSeconds: lifetimeOf(body['expires_in']) };
}

function lifetimeOf(seconds: unknown): number {
  const known = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_LIFETIME_SECONDS;
  return Math.min(known, MAX_LIFETIME_SECONDS);
}

async function failureOf(
  answer: HttpAnswer,
  credential: RegistryCredential | undefined,
): Promise<HttpFailure> {
  const detail = await errorDetail(answer, secretsOf(credential));
  return new HttpFailure({
    status: answer.status,
    role: 'token',
    host: answer.url.host,
    signedIn: credential !== undefined,
    detail,
    retryAfterMs: parseRetryAfter(headerOf(answer.headers, 'retry-after'), Date.now()),
  });
}

/** In every form in which they were sent. */
export function secretsOf(credential: RegistryCredential | undefined): readonly string[] {
  if (!credential) return [];
  const secret = credential.kind === 'basic' ? credential.password : credential.token;
  const basic =
    credential.kind === 'basic'
      ? basicAuthorization(credential.username, secret)
      : identityAuthorization(secret);
  return [secret.reveal(), basic.slice('Basic '.length), encodeURIComponent(secret.reveal())];
}
