import { isIP } from 'node:net';
import { checkServerIdentity, type ConnectionOptions } from 'node:tls';
import type { Authenticator, NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';

export type NatsAuthentication =
  | { readonly kind: 'password'; readonly user: string; readonly password: Secret }
  | { readonly kind: 'token'; readonly token: Secret }
  /** The content of a `.creds` file: a JWT and its seed. */
  | { readonly kind: 'creds'; readonly creds: Secret }
  | { readonly kind: 'nkey'; readonly seed: Secret };

export interface NatsServerOptions {
  /** As in `nats://host:4222` or `tls://host`. */
  readonly servers: readonly string[];
  readonly authentication?: NatsAuthentication;
  /** PEM texts. Even an empty object asks for TLS; the system's authorities hold where `ca` is missing. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** How servers show this client. */
  readonly clientName?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_WAIT_MS = 250;
/** A server that is back shall not wait long for its clients. */
const LONGEST_WAIT_MS = 4000;

/** Once connected, a connection that was lost is sought again for ever. @throws DrydockError QUEUE_UNAVAILABLE */
export async function connectToNats(options: NatsServerOptions): Promise<NatsConnection> {
  const { connect } = await import('@nats-io/transport-node');
  try {
    return await connect({ ...(await toConnectionOptions(options)), ...reconnectForEver() });
  } catch (error) {
    // The library's errors tell of servers and rules, not of what was sent to get in; still they are not passed on.
    const message = `cannot connect to NATS at ${options.servers.map(withoutUser).join(', ')}: ${messageOf(error)}`;
    throw new DrydockError('QUEUE_UNAVAILABLE', message, {
      hint: 'See whether the server runs with JetStream, and whether address, TLS and credentials fit.',
    });
  }
}

async function toConnectionOptions({
  servers,
  authentication,
  tls,
  clientName = 'drydock',
}: NatsServerOptions): Promise<NodeConnectionOptions> {
  const authenticator = authentication && (await toAuthenticator(authentication));
  const secured = tls ?? (servers.some((server) => server.startsWith('tls://')) ? {} : undefined);
  return {
    servers: [...servers],
    name: clientName,
    timeout: CONNECT_TIMEOUT_MS,
    noAsyncTraces: true,
    ...(authenticator && { authenticator }),
    ...(secured && { tls: { ...secured, ...identityOfAddresses(servers) } }),
  };
}

/**
 * The library names no host for servers that are given by their addresses, and Node then takes `localhost` for the
 * one that the certificate must be for. It must be for one of the addresses.
 */
function identityOfAddresses(servers: readonly string[]): Pick<ConnectionOptions, 'checkServerIdentity'> {
  const hosts = servers.map(hostOf);
  const addresses = hosts.filter((host) => isIP(host) > 0);
  if (addresses.length === 0 || hosts.includes('localhost')) return {};
  return {
    checkServerIdentity(host, certificate) {
      if (host !== 'localhost') return checkServerIdentity(host, certificate);
      const errors = addresses.map((address) => checkServerIdentity(address, certificate));
      return errors.includes(undefined) ? undefined : errors[0];
    },
  };
}

function hostOf(server: string): string {
  const url = server.includes('://') ? server : `nats://${server}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : '';
}

async function toAuthenticator(authentication: NatsAuthentication): Promise<Authenticator> {
  const nats = await import('@nats-io/transport-node');
  const bytes = (secret: Secret): Uint8Array => new TextEncoder().encode(secret.reveal());
  switch (authentication.kind) {
    case 'password':
      return nats.usernamePasswordAuthenticator(authentication.user, authentication.password.reveal());
    case 'token':
      return nats.tokenAuthenticator(authentication.token.reveal());
    case 'creds':
      return nats.credsAuthenticator(bytes(authentication.creds));
    case 'nkey':
      return nats.nkeyAuthenticator(bytes(authentication.seed));
  }
}

/** Waits twice as long after each failure; the random half keeps clients from coming back at the same moment. */
function reconnectForEver(): NodeConnectionOptions {
  let failures = 0;
  let lastAt = 0;
  return {
    reconnect: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => {
      if (Date.now() - lastAt > 4 * LONGEST_WAIT_MS) failures = 0;
      lastAt = Date.now();
      const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures++, 10));
      return Math.round(full * (0.5 + Math.random() / 2));
    },
  };
}

function withoutUser(server: string): string {
  return server.slice(server.lastIndexOf('@') + 1);
}
