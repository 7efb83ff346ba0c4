import type { Signal } from '../../base/signal.ts';
import type { Authorizer } from './authorizer.ts';
import { chooseChallenge } from './challenge.ts';
import { isLoopback, type Endpoint } from './endpoint.ts';
import { networkFault } from './network-fault.ts';
import { sharedFlights } from './shared-flights.ts';
import { discard, headersOf, type HttpAnswer, type Transport } from './transport.ts';

/** Gives the URL that a registry is spoken to at, having asked once what credentials it wants. */
export type Greeting = (endpoint: Endpoint, options: Signal) => Promise<URL>;

/**
 * @param isPlainHttp hosts to speak plain http with
 * @see OCI Distribution Spec 1.1, "Determining Support"
 */
export function openGreeting(
  transport: Transport,
  authorizer: Authorizer,
  isPlainHttp: (url: URL) => boolean,
  lifetime: AbortSignal,
): Greeting {
  const known = new Map<string, URL>();
  const shared = sharedFlights<URL>(lifetime);

  const greet = async (endpoint: Endpoint, options: Signal): Promise<URL> => {
    const plain = new URL(`http://${endpoint.host}/`);
    if (isPlainHttp(plain)) return ping(plain, endpoint, options);
    try {
      return await ping(new URL(`https://${endpoint.host}/`), endpoint, options);
    } catch (error) {
      // On this machine nobody listens in, and a registry for tests seldom has a certificate.
      if (!isLoopback(endpoint) || !speaksPlainHttp(error)) throw error;
      return ping(plain, endpoint, options);
    }
  };

  const ping = async (base: URL, endpoint: Endpoint, options: Signal): Promise<URL> => {
    const answer = await transport.send({ method: 'GET', url: new URL('v2/', base), headers: {} }, options);
    await discard(answer, options);
    learnFrom(answer, endpoint);
    if (answer.status !== 429 && answer.status < 500) known.set(endpoint.host, base);
    return base;
  };

  const learnFrom = (answer: HttpAnswer, endpoint: Endpoint): void => {
    if (answer.status !== 401) return;
    const challenge = chooseChallenge(headersOf(answer.headers, 'www-authenticate'));
    if (challenge) authorizer.learn(challenge, endpoint);
  };

  return async (endpoint, options) =>
    known.get(endpoint.host) ?? (await shared(endpoint.host, (flight) => greet(endpoint, flight), options));
}

/** Some servers just hang up on a handshake that they do not understand. */
function speaksPlainHttp(error: unknown): boolean {
  const fault = networkFault(error);
  return fault === 'not-tls' || fault === 'passing';
}
