import type * as Jose from 'jose';
import type { JWTPayload, JWTVerifyGetKey } from 'jose';
import { DrydockError } from '../../base/errors.ts';
import type { Caller } from '../caller.ts';
import { boundedFetch, type Fetch, type FetchInit } from './bounded-fetch.ts';
import { callerOfClaims, type ClaimRules } from './claims.ts';

export interface OidcOptions {
  /** As in the tokens' `iss`; its keys are found through `/.well-known/openid-configuration`. */
  readonly issuer: string;
  /** One of these must be among the tokens' `aud`. */
  readonly audience: readonly string[];
  readonly rules: ClaimRules;
  readonly clockToleranceSeconds?: number;
  readonly timeoutMs?: number;
  /** How keys are fetched; the default is the global `fetch`. */
  readonly fetch?: Fetch;
  /** Between attempts to reach an issuer that was not to be reached. */
  readonly retryMs?: number;
  readonly now?: () => number;
}

/** The caller of a token; undefined when it is not valid or lets its holder do nothing. */
export type OidcVerifier = (token: string) => Promise<Caller | undefined>;

/** Signatures only: neither `none` nor a secret that the server would have to share. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const MAX_ANSWER_BYTES = 512 * 1024;
const MAX_KEYS = 200;

/**
 * Checks bearer tokens of one issuer: signature, issuer, audience and times. The issuer is asked for its keys when
 * the first token comes, and again for a key that is not known, but not more often than every half a minute.
 *
 * @throws DrydockError CONFIG_INVALID for an issuer that is no https URL; while verifying SERVER_UNREACHABLE when the
 * issuer does not tell its keys
 */
export function openOidc(options: OidcOptions): OidcVerifier {
  const keys = keySource(options);
  return async (token) => {
    const { jwtVerify, decodeJwt, decodeProtectedHeader } = await import('jose');
    // Tokens of others shall not make the issuer be asked.
    if (!isWorthVerifying(token, options.issuer, { decodeJwt, decodeProtectedHeader })) return undefined;
    const getKey = await keys();
    try {
      const { payload } = await jwtVerify(token, getKey, {
        issuer: options.issuer,
        audience: [...options.audience],
        algorithms: ALGORITHMS,
        clockTolerance: options.clockToleranceSeconds ?? 60,
        requiredClaims: ['exp', 'iss', 'aud', 'sub'],
        ...(options.now && { currentDate: new Date(options.now()) }),
      });
      return callerOfClaims(payload, options.rules);
    } catch (error) {
      if (isIssuersFault(error)) throw unreachable(options.issuer, error);
      return undefined; // not signed by a key of the issuer, expired, for somebody else: not valid, whatever it is
    }
  };
}

function isWorthVerifying(
  token: string,
  issuer: string,
  jose: Pick<typeof Jose, 'decodeJwt' | 'decodeProtectedHeader'>,
): boolean {
  try {
    const { alg } = jose.decodeProtectedHeader(token);
    const { iss }: JWTPayload = jose.decodeJwt(token);
    return iss === issuer && alg !== undefined && ALGORITHMS.includes(alg);
  } catch {
    return false; // no signed token at all
  }
}

/** Finds out once where the keys are; a failure is remembered for a while, so that a flood of tokens asks once. */
function keySource(options: OidcOptions): () => Promise<JWTVerifyGetKey> {
  const issuer = issuerUrl(options.issuer);
  const { timeoutMs = 5000, retryMs = 10_000, now = Date.now } = options;
  const fetch = boundedFetch(options.fetch ?? globalFetch, MAX_ANSWER_BYTES);
  let found: Promise<JWTVerifyGetKey> | undefined;
  let failedAt: number | undefined;
  return () => {
    if (failedAt !== undefined && now() - failedAt >= retryMs) found = failedAt = undefined;
    found ??= discover(issuer, fetch, timeoutMs).catch((cause: unknown) => {
      failedAt = now();
      throw unreachable(options.issuer, cause);
    });
    return found;
  };
}

async function discover(issuer: URL, fetch: Fetch, timeoutMs: number): Promise<JWTVerifyGetKey> {
  const { createRemoteJWKSet, customFetch } = await import('jose');
  const base = issuer.href.replace(/\/$/, '');
  const response = await fetch(`${base}/.well-known/openid-configuration`, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status !== 200) throw new Error(`the issuer answered ${response.status}`);
  const url = keysUrl(await response.json(), issuer);
  return createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
    [customFetch]: async (address: string, init: FetchInit) => checkKeyCount(await fetch(address, init)),
  });
}

async function checkKeyCount(response: Response): Promise<Response> {
  const set: unknown = response.status === 200 ? await response.clone().json() : undefined;
  if (isRecord(set) && Array.isArray(set['keys']) && set['keys'].length > MAX_KEYS) {
    throw new RangeError(`the issuer has more than ${MAX_KEYS} keys`);
  }
  return response;
}

function keysUrl(metadata: unknown, issuer: URL): URL {
  const { issuer: name, jwks_uri: keys } = isRecord(metadata) ? metadata : {};
  if (typeof name !== 'string' || name.replace(/\/$/, '') !== issuer.href.replace(/\/$/, '')) {
    throw new Error('the issuer gives itself another name');
  }
  const url = typeof keys === 'string' && URL.canParse(keys) ? new URL(keys) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== issuer.protocol)) {
    throw new Error('the issuer tells no place of its keys');
  }
  return url;
}

function issuerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal(url.hostname)))) return url;
  throw new DrydockError('CONFIG_INVALID', `OIDC issuer ${text} is not an https URL`);
}

function isLocal(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

/** Its keys could not be had; everything else is the token's fault. */
function isIssuersFault(error: unknown): boolean {
  if (!(error instanceof Error)) return true;
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ERR_JWKS_TIMEOUT' || code === 'ERR_JOSE_GENERIC' || code === 'ERR_JWKS_INVALID') return true;
  return typeof code !== 'string' || !code.startsWith('ERR_J');
}

function unreachable(issuer: string, cause: unknown): DrydockError {
  return new DrydockError('SERVER_UNREACHABLE', `OIDC issuer ${issuer} does not tell its keys`, { cause });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const globalFetch: Fetch = (url, init) => fetch(url, init);
