import type { Signal } from '../../base/signal.ts';
import type { RegistryCredential } from '../credentials/credential.ts';
import { chooseChallenge } from './challenge.ts';
import { checkRealm } from './realm.ts';
import { fetchToken, type Token } from './token-server.ts';
import { discard, headersOf, type Transport } from './transport.ts';

/**
 * Buys a token with which somebody else may pull from one repository; undefined where the registry knows no tokens.
 *
 * @param registry scheme and host
 * @throws DrydockError REGISTRY_PROTOCOL; HttpFailure; what the network throws
 */
export async function fetchPullToken(
  transport: Transport,
  {
    registry,
    repository,
    credential,
  }: {
    readonly registry: URL;
    readonly repository: string;
    readonly credential: RegistryCredential | undefined;
  },
  options: Signal,
): Promise<Token | undefined> {
  const url = new URL('/v2/', registry);
  // Asked without a login first: only then does it say where tokens are sold.
  const answer = await transport.send({ method: 'GET', url, headers: {} }, options);
  await discard(answer, options);
  const challenge = chooseChallenge(headersOf(answer.headers, 'www-authenticate'));
  if (answer.status !== 401 || challenge?.scheme !== 'bearer') return undefined;
  const { realm, service } = challenge;
  return await fetchToken(
    transport,
    { realm: checkRealm(realm, url), service, scopes: [`repository:${repository}:pull`], credential },
    options,
  );
}
