import { DrydockError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { readCertificates } from '../config/certificates.ts';
import { registryHosts } from '../config/registries.ts';
import type { RegistryCredential } from '../oci/credentials/credential.ts';
import type { ConnectionGuard } from '../oci/registry/dispatchers.ts';
import type { RegistryOptions, WritableRegistry } from '../oci/registry/registry.ts';
import type { Transport } from '../oci/registry/transport.ts';
import type { Run } from './run.ts';

export interface RegistryClientOptions {
  /** Says where no connection may lead. */
  readonly guard?: ConnectionGuard;
  /** Somebody else's login, besides which none is used; without a credential none at all. */
  readonly only?: OnlyLogin;
}

export interface OnlyLogin {
  readonly registry: string;
  readonly credential: RegistryCredential | undefined;
  /** Speak to that registry without TLS, whatever the settings say of it. */
  readonly plainHttp?: boolean;
}

/** @param registries those for which a user name or token was given: no other host shall see it */
export async function openRegistryClient(
  run: Run,
  registries: readonly string[],
  { guard, only }: RegistryClientOptions = {},
): Promise<WritableRegistry> {
  const { surroundings } = run.loaded;
  const { anonymous, dockerConfigCredentials, firstOf, openRegistry, staticCredentials } =
    await import('./network.ts');
  const given = givenCredential(run);
  const hostsNamed = [...new Set(registries)];
  if (given && hostsNamed.length > 1) {
    throw new DrydockError(
      'USAGE_INVALID',
      `one login is given for several registries: ${hostsNamed.join(', ')}`,
      {
        hint: 'Scan the images of one registry at a time, or store a login for each with "docker login".',
      },
    );
  }
  const ours = firstOf([
    ...(given ? hostsNamed.map((registry) => staticCredentials(given, registry)) : []),
    dockerConfigCredentials({
      configFiles: surroundings.loginFiles,
      ...(surroundings.path && { path: surroundings.path }),
    }),
  ]);
  const connections = await connectionOptions(run);
  const theirs = only?.credential && staticCredentials(only.credential, only.registry);
  return openRegistry({
    credentials: only ? (theirs ?? anonymous) : ours,
    mirrors: mirrorsOf(run),
    ...(guard && { guard }),
    ...connections,
    ...(only?.plainHttp && { plainHttpHosts: [...connections.plainHttpHosts, only.registry] }),
  });
}

/** What was given for this run, if anything. */
export function givenCredential({ loaded: { config }, password }: Run): RegistryCredential | undefined {
  if (config.registryToken !== undefined)
    return { kind: 'registry-token', token: new Secret(config.registryToken) };
  if (config.username === undefined || password === undefined) return undefined;
  return { kind: 'basic', username: config.username, password: new Secret(password) };
}

/**
 * For servers that are no registries.
 *
 * @param timeoutMs how long one may take to begin its answer, or pause in it
 * @param more than the settings say
 */
export async function openPlainTransport(
  run: Run,
  timeoutMs = TIMEOUT_MS,
  more: PlainTransportOptions = {},
): Promise<Transport> {
  const { openHostGates, openTransport } = await import('./network.ts');
  const { guard, insecureTlsHosts = [], caCertificates = [], places = CONNECTIONS_PER_HOST } = more;
  const connections = await connectionOptions(run);
  const options = {
    ...connections,
    insecureTlsHosts: [...connections.insecureTlsHosts, ...insecureTlsHosts],
    caCertificates: [...connections.caCertificates, ...caCertificates],
    timeoutMs,
    ...(guard && { guard }),
  };
  return openTransport(options, openHostGates(places));
}

export interface PlainTransportOptions {
  readonly guard?: ConnectionGuard;
  readonly insecureTlsHosts?: readonly string[];
  /** PEM. */
  readonly caCertificates?: readonly string[];
  /** Requests at once for one host. */
  readonly places?: number;
}

const CONNECTIONS_PER_HOST = 4;
const TIMEOUT_MS = 30_000;

type Connections = Required<
  Pick<
    RegistryOptions,
    | 'plainHttpHosts'
    | 'insecureTlsHosts'
    | 'caCertificates'
    | 'caCertificatesByHost'
    | 'clientCertificates'
    | 'proxy'
  >
> & { readonly userAgent: string };

async function connectionOptions({ loaded: { config, surroundings }, version }: Run): Promise<Connections> {
  const { http, https, no } = surroundings.proxy;
  const hosts = [...registryHosts(config)];
  const certificates = await readCertificates(config);
  return {
    plainHttpHosts: hosts.flatMap(([host, { plainHttp }]) => (plainHttp ? [host] : [])),
    insecureTlsHosts: hosts.flatMap(([host, { insecure }]) => (insecure ? [host] : [])),
    caCertificates: certificates.authorities,
    caCertificatesByHost: certificates.authoritiesByHost,
    clientCertificates: certificates.clientByHost,
    proxy: { ...(http && { http }), ...(https && { https }), ...(no && { noProxy: no }) },
    userAgent: `drydock/${version}`,
  };
}

function mirrorsOf({ loaded: { config } }: Run): NonNullable<RegistryOptions['mirrors']> {
  return Object.fromEntries([...registryHosts(config)].map(([host, { mirrors }]) => [host, mirrors]));
}
