import { createHash } from 'node:crypto';
import type { Signal } from '../../base/signal.ts';
import type { RegistryCredential } from '../credentials/credential.ts';
import { keepRecent } from './recent.ts';
import { sharedFlights } from './shared-flights.ts';
import { fetchToken, type TokenQuestion } from './token-server.ts';
import type { Transport } from './transport.ts';

/** Tokens that were fetched and are still good. */
export interface Tokens {
  get(question: TokenQuestion, options: Signal): Promise<string>;
  /** The registry would not have this one; a newer one under the same question stays. */
  forget(question: TokenQuestion, token: string): void;
}

interface KeptToken {
  readonly text: string;
  readonly expiresAt: number;
}

/** Not used in a token's last seconds, when it may expire on its way. */
const MARGIN_MS = 10_000;

export function openTokens(
  transport: Transport,
  lifetime: AbortSignal,
  now: () => number = Date.now,
): Tokens {
  const kept = new Map<string, KeptToken>();
  const shared = sharedFlights<KeptToken>(lifetime);
  return {
    async get(question, options) {
      const key = keyOf(question);
      const known = kept.get(key);
      if (known && known.expiresAt > now()) return known.text;
      const fresh = await shared(key, (flight) => fetchAndKeep(key, question, flight), options);
      return fresh.text;
    },
    forget(question, token) {
      const key = keyOf(question);
      if (kept.get(key)?.text === token) kept.delete(key);
    },
  };

  async function fetchAndKeep(key: string, question: TokenQuestion, options: Signal): Promise<KeptToken> {
    const askedAt = now();
    const { text, lifetimeSeconds } = await fetchToken(transport, question, options);
    const lifetimeMs = lifetimeSeconds * 1000;
    const token = { text, expiresAt: askedAt + lifetimeMs - Math.min(MARGIN_MS, lifetimeMs / 5) };
    keepRecent(kept, key, token);
    return token;
  }
}

function keyOf({ realm, service, scopes, credential }: TokenQuestion): string {
  return JSON.stringify([realm.href, service, scopes, identityOf(credential)]);
}

/** Tells credentials apart without holding them. */
function identityOf(credential: RegistryCredential | undefined): string {
  if (!credential) return '';
  const secret = credential.kind === 'basic' ? credential.password : credential.token;
  const username = credential.kind === 'basic' ? credential.username : '';
  return createHash('sha256')
    .update(JSON.stringify([credential.kind, username, secret.reveal()]))
    .digest('hex');
}
