import { X509Certificate } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import * as tls from 'node:tls';
import type * as Undici from 'undici';
import { DrydockError } from '../../base/errors.ts';
import { proxyChooser, type Proxy, type ProxyOptions } from './proxy.ts';
import { hostList, hostWithPort } from './urls.ts';

export interface ConnectionOptions {
  readonly insecureTlsHosts: readonly string[];
  /** PEM. Trusted besides those that Node trusts. */
  readonly caCertificates: readonly string[];
  /** By `host` or `host:port`; PEM. Trusted for that host alone, besides the others. */
  readonly caCertificatesByHost: Readonly<Record<string, readonly string[]>>;
  /** By `host` or `host:port`; PEM. */
  readonly clientCertificates: Readonly<Record<string, ClientCertificate>>;
  readonly proxy: ProxyOptions;
  readonly timeoutMs: number;
  /** Absent: every address may be talked to. */
  readonly guard?: ConnectionGuard;
}

/** Says where no connection may lead, whoever asks for it: a registry may send its clients anywhere. */
export interface ConnectionGuard {
  /** @throws DrydockError TARGET_FORBIDDEN */
  assertUrl(url: URL): void;
  /** Looks names up, and fails for those that lead to where they may not. */
  lookupFor(url: URL): LookupFunction;
}

export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Connections to every host that is talked to, kept open between requests. */
export interface Dispatchers extends AsyncDisposable {
  for(url: URL): Undici.Dispatcher;
}

interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly secureContext?: tls.SecureContext;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** @throws DrydockError CONFIG_INVALID for certificates and proxies that are none */
export function prepareDispatchers(options: ConnectionOptions): (undici: typeof Undici) => Dispatchers {
  const proxyFor = proxyChooser(options.proxy);
  const tlsFor = tlsChooser(options);
  const connectTimeout = Math.min(options.timeoutMs, CONNECT_TIMEOUT_MS);
  // How many connections there are at once is for the gate to say, where a wait can be called off.
  const limits = { headersTimeout: options.timeoutMs, bodyTimeout: options.timeoutMs, pipelining: 1 };

  // Behind a proxy it is the proxy that looks names up, and that knows where it leads.
  const lookupOf = (url: URL): { lookup?: LookupFunction } =>
    options.guard ? { lookup: options.guard.lookupFor(url) } : {};

  const open = (undici: typeof Undici, url: URL): Undici.Dispatcher => {
    const [proxy, connect] = [proxyFor(url), { ...tlsFor(url), timeout: connectTimeout }];
    if (!proxy) return new undici.Pool(url.origin, { ...limits, connect: { ...connect, ...lookupOf(url) } });
    return new undici.ProxyAgent({
      ...limits,
      uri: proxy.origin,
      ...tokenOf(proxy),
      requestTls: connect,
      proxyTls: { ...tlsFor(new URL(proxy.origin)), timeout: connectTimeout },
      proxyTunnel: url.protocol === 'https:',
    });
  };

  return (undici) => {
    const opened = new Map<string, Undici.Dispatcher>();
    return {
      for(url) {
        options.guard?.assertUrl(url);
        const known = opened.get(url.origin);
        if (known) return known;
        const dispatcher = open(undici, url);
        opened.set(url.origin, dispatcher);
        return dispatcher;
      },
      async [Symbol.asyncDispose]() {
        await Promise.all([...opened.values()].map((dispatcher) => dispatcher.destroy()));
        opened.clear();
      },
    };
  };
}

function tokenOf({ authorization }: Proxy): { token?: string } {
  return authorization ? { token: authorization.reveal() } : {};
}

/** What is to be trusted and shown, by host. Contexts are made once, as reading all root certificates takes long. */
function tlsChooser(options: ConnectionOptions): (url: URL) => TlsOptions {
  const isInsecure = hostList(options.insecureTlsHosts);
  const authorities = trusted(options.caCertificates);
  const common = authorities && context({ ca: authorities });
  const hosts = new Set([
    ...Object.keys(options.caCertificatesByHost),
    ...Object.keys(options.clientCertificates),
  ]);
  const own = new Map(
    [...hosts].map((host) => {
      const { certificate: cert, key } = options.clientCertificates[host] ?? {};
      const more = options.caCertificatesByHost[host];
      const ca = more ? trusted([...options.caCertificates, ...more]) : authorities;
      return [host.toLowerCase(), context({ ...(cert && { cert }), ...(key && { key }), ...(ca && { ca }) })];
    }),
  );
  return (url) => {
    const secureContext = own.get(url.host) ?? own.get(hostWithPort(url)) ?? common;
    return { rejectUnauthorized: !isInsecure(url), ...(secureContext && { secureContext }) };
  };
}

function trusted(extra: readonly string[]): string[] | undefined {
  if (extra.length === 0) return undefined;
  for (const pem of extra) checkCertificate(pem);
  // Newer Node tells what else it was set up to trust (its own extra file, the system's store).
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  return [...(getCACertificates?.('default') ?? tls.rootCertificates), ...extra];
}

function checkCertificate(pem: string): void {
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new DrydockError('CONFIG_INVALID', 'an extra CA certificate is not a certificate in PEM form', {
      cause,
    });
  }
}

function context(options: tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options);
  } catch (cause) {
    // The cause may quote nothing of the key: OpenSSL names only the step that failed.
    throw new DrydockError('CONFIG_INVALID', 'a client certificate or its key cannot be used', { cause });
  }
}
