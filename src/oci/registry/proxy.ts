import { BlockList, isIP } from 'node:net';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { addressKind } from './addresses.ts';
import { toUrl } from './urls.ts';

/** As in the environment variables: URLs, and a list of hosts to reach directly. */
export interface ProxyOptions {
  readonly http?: string;
  readonly https?: string;
  readonly noProxy?: string;
}

export interface Proxy {
  /** Without user name and password. */
  readonly origin: string;
  /** The `Proxy-Authorization` header. */
  readonly authorization?: Secret;
}

/**
 * Says through which proxy a URL is reached, or undefined for directly. This machine is always reached directly.
 * @throws DrydockError CONFIG_INVALID
 */
export function proxyChooser(options: ProxyOptions): (url: URL) => Proxy | undefined {
  const proxies = { 'http:': parseProxy(options.http), 'https:': parseProxy(options.https) };
  const isExcepted = exceptions(options.noProxy ?? '');
  return (url) => {
    const proxy = url.protocol === 'https:' ? proxies['https:'] : proxies['http:'];
    return proxy && addressKind(url.hostname) !== 'loopback' && !isExcepted(url) ? proxy : undefined;
  };
}

function parseProxy(text: string | undefined): Proxy | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const url = toUrl(text.includes('://') ? text.trim() : `http://${text.trim()}`);
  // The text itself is not shown: it may hold a password.
  if (!url) throw new DrydockError('CONFIG_INVALID', 'the proxy is not a URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new DrydockError(
      'CONFIG_INVALID',
      `proxies of kind ${url.protocol.slice(0, -1)} are not supported`,
      {
        hint: 'Use an http or https proxy.',
      },
    );
  }
  if (url.username === '') return { origin: url.origin };
  const user = `${decoded(url.username)}:${decoded(url.password)}`;
  return { origin: url.origin, authorization: new Secret(`Basic ${Buffer.from(user).toString('base64')}`) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a bare % that was never meant as an escape
  }
}

/** Reads `no_proxy`: names with their subdomains, `*.name`, addresses, CIDR ranges, each perhaps with a port; `*`. */
function exceptions(list: string): (url: URL) => boolean {
  const entries = list.split(/[\s,]+/).filter((entry) => entry !== '');
  if (entries.includes('*')) return () => true;
  const ranges = new BlockList();
  const names: { name: string; port: string | undefined }[] = [];
  for (const entry of entries.map((text) => text.toLowerCase())) {
    if (!addRange(ranges, entry)) names.push(splitPort(entry));
  }
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$|\.$/g, '');
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    if (isInRange(ranges, host)) return true;
    return names.some(
      (entry) => (entry.port === undefined || entry.port === port) && covers(entry.name, host),
    );
  };
}

function covers(name: string, host: string): boolean {
  return host === name || host.endsWith(`.${name}`);
}

function splitPort(entry: string): { name: string; port: string | undefined } {
  const [, name = entry, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(entry) ?? [];
  return { name: name.replace(/^\*?\./, '').replace(/^\[|\]$/g, ''), port };
}

function addRange(ranges: BlockList, entry: string): boolean {
  const [address = '', prefix, more] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) return false;
  ranges.addSubnet(address, bits, version === 4 ? 'ipv4' : 'ipv6');
  return true;
}

function isInRange(ranges: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && ranges.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
