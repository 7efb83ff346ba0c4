import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import {
  basicAuthorization,
  identityAuthorization,
  type CredentialSource,
  type RegistryCredential,
} from '../credentials/credential.ts';
import type { Challenge } from './challenge.ts';
import type { Endpoint, PushRights } from './endpoint.ts';
import { checkRealm } from './realm.ts';
import { keepRecent } from './recent.ts';
import { sharedFlights } from './shared-flights.ts';
import type { TokenQuestion } from './token-server.ts';
import type { Tokens } from './tokens.ts';

/** Who we are to a registry, and how it wants to be told. */
export interface Authorizer {
  credential(endpoint: Endpoint, options: Signal): Promise<RegistryCredential | undefined>;
  /** The header to begin with; undefined as long as the registry has not said what it wants. */
  first(endpoint: Endpoint, base: URL, options: Signal): Promise<string | undefined>;
  /** The header that meets a challenge; undefined when nothing can. */
  meet(
    challenge: Challenge,
    refused: string | undefined,
    endpoint: Endpoint,
    base: URL,
    options: Signal,
  ): Promise<string | undefined>;
  /** Remembers what a registry asked for, to meet it unasked from now on. */
  learn(challenge: Challenge, endpoint: Endpoint): void;
}

const CREDENTIAL_LIFETIME_MS = 5 * 60_000;
const MAX_SCOPE_LENGTH = 2000;
const HEADER_SAFE = /^[\x21-\x7e]+$/;

interface KeptCredential {
  readonly credential: RegistryCredential | undefined;
  readonly expiresAt: number;
}

export function openAuthorizer(
  credentials: CredentialSource,
  tokens: Tokens,
  lifetime: AbortSignal,
  now: () => number = Date.now,
): Authorizer {
  const challenges = new Map<string, Challenge>();
  const kept = new Map<string, KeptCredential>();
  const shared = sharedFlights<KeptCredential>(lifetime);

  /** Asking may mean to run a program, so the answer is kept for a while. */
  const find = async (endpoint: Endpoint, options: Signal): Promise<RegistryCredential | undefined> => {
    const key = `${keyOf(endpoint)} ${endpoint.mirrorOf ?? ''}`;
    const known = kept.get(key);
    if (known && known.expiresAt > now()) return known.credential;
    const found = await shared(key, (flight) => ask(key, endpoint, flight), options);
    return found.credential;
  };
  const ask = async (key: string, endpoint: Endpoint, { signal }: Signal): Promise<KeptCredential> => {
    const { registry, repository, mirrorOf } = endpoint;
    const asked = { signal, ...(mirrorOf !== undefined && { mirrorOf }) };
    const credential = await credentials.find(registry, repository, asked);
    const found = { credential, expiresAt: now() + CREDENTIAL_LIFETIME_MS };
    keepRecent(kept, key, found);
    return found;
  };

  const authorizer: Authorizer = {
    credential: find,
    async first(endpoint, base, options) {
      const known = challenges.get(keyOf(endpoint)) ?? challenges.get(endpoint.host);
      return known && authorizer.meet(known, undefined, endpoint, base, options);
    },
    async meet(challenge, refused, endpoint, base, options) {
      const credential = await find(endpoint, options);
      if (credential?.kind === 'registry-token') return bearer(credential.token.reveal(), endpoint);
      if (challenge.scheme === 'basic') return basic(credential);
      const question = questionOf(challenge, credential, endpoint, base);
      if (refused !== undefined) tokens.forget(question, refused.slice('Bearer '.length));
      return `Bearer ${await tokens.get(question, options)}`;
    },
    learn(challenge, endpoint) {
      keepRecent(challenges, keyOf(endpoint), challenge);
      const general = challenge.scheme === 'bearer' ? { ...challenge, scope: undefined } : challenge;
      keepRecent(challenges, endpoint.host, general);
    },
  };
  return authorizer;
}

/** Tokens to push with are other ones than those to pull with. */
function keyOf({ host, repository, push }: Endpoint): string {
  return `${host} ${repository}${push ? ` push ${push.mountFrom ?? ''}` : ''}`;
}

function basic(credential: RegistryCredential | undefined): string | undefined {
  if (credential?.kind === 'basic') return basicAuthorization(credential.username, credential.password);
  return credential?.kind === 'identity-token' ? identityAuthorization(credential.token) : undefined;
}

function bearer(token: string, { registry }: Endpoint): string {
  if (HEADER_SAFE.test(token)) return `Bearer ${token}`;
  throw new DrydockError(
    'CREDENTIALS_INVALID',
    `the registry token for ${registry} holds characters that no token has`,
  );
}

function questionOf(
  challenge: Extract<Challenge, { scheme: 'bearer' }>,
  credential: RegistryCredential | undefined,
  endpoint: Endpoint,
  base: URL,
): TokenQuestion {
  const realm = checkRealm(challenge.realm, base);
  return { realm, service: challenge.service, scopes: scopesOf(challenge.scope, endpoint), credential };
}

/** What the registry asks for comes first; what we need is added unless it is part of that. */
function scopesOf(asked: string | undefined, endpoint: Endpoint): readonly string[] {
  if (endpoint.push) return pushScopes(endpoint.repository, endpoint.push);
  const wanted = `repository:${endpoint.repository}:pull`;
  if (!asked || asked.length > MAX_SCOPE_LENGTH) return [wanted];
  const scopes = asked.split(' ').filter((scope) => scope !== '');
  const isCovered = scopes.some((scope) => scope === wanted || scope.startsWith(`${wanted},`));
  return isCovered ? scopes : [...scopes, wanted];
}

/** What to push takes is known, so that what was asked for before, which may have been less, does not matter. */
function pushScopes(repository: string, { mountFrom }: PushRights): readonly string[] {
  const own = `repository:${repository}:pull,push`;
  return mountFrom === undefined || mountFrom === repository ? [own] : [own, `repository:${mountFrom}:pull`];
}
