import { addressKind } from '../../oci/registry/addresses.ts';
import { Secret } from '../../base/secret.ts';
import { DrydockError } from '../../base/errors.ts';
import type { ArchiveLogin } from './auth-conf.ts';

/** Takes one place for another, as for a mirror: what begins with `from` begins with `to`. */
export interface Rewrite {
  /** A URL; without its scheme it stands for `http` and `https`. */
  readonly from: string;
  /** A URL with `http`, `https` or `file`. */
  readonly to: string;
}

/** Where requests go, and where they may not. */
export interface Addresses {
  /** What is asked instead of this address; itself where no rewrite speaks of it. */
  rewrite(url: URL): URL;
  /** The same for where a server leads to, which may be a place that was rewritten already. */
  rewriteHop(url: URL): URL;
  /** Undefined where it may be asked; else the reason, for people. */
  refusal(url: URL): string | undefined;
}

/**
 * @param named addresses that the operator named besides the rewrites' own
 * @throws DrydockError CONFIG_INVALID
 */
export function openAddresses(rewrites: readonly Rewrite[], named: readonly string[]): Addresses {
  const rules = rewrites.map(toRule);
  const own = [
    ...rules.map(({ to }) => to),
    ...named.flatMap((text) => (URL.canParse(text) ? [new URL(text)] : [])),
  ];
  const hosts = new Set(own.map(({ host }) => host));
  const folders = own
    .filter(({ protocol }) => protocol === 'file:')
    .map(({ pathname }) => withSlash(pathname));

  const rewrite = (url: URL): URL => {
    for (const { starts, to } of rules) {
      const start = starts.find((text) => withSlash(url.href).startsWith(text));
      if (start !== undefined) return new URL(url.href.slice(start.length), to);
    }
    return url;
  };

  return {
    rewrite,
    rewriteHop: (url) => (rules.some(({ to }) => url.href.startsWith(to.href)) ? url : rewrite(url)),
    refusal(url) {
      if (url.protocol === 'file:') {
        const isBelow = folders.some((folder) => url.pathname.startsWith(folder));
        return isBelow ? undefined : 'only the operator may name files';
      }
      if (url.protocol !== 'http:' && url.protocol !== 'https:') return `${url.protocol} is not supported`;
      const kind = addressKind(url.hostname);
      if (kind === 'name' || kind === 'public' || hosts.has(url.host)) return undefined;
      return `only the operator may name a ${kind} address`;
    },
  };
}

function toRule({ from, to }: Rewrite): { starts: readonly string[]; to: URL } {
  const schemes = /^[a-z][a-z0-9+.-]*:/i.test(from) && from.includes('://') ? [''] : ['http://', 'https://'];
  const starts = schemes.map((scheme) => withSlash(`${scheme}${from}`));
  if (
    !starts.every((start) => URL.canParse(start)) ||
    !URL.canParse(to) ||
    !/^(https?|file):$/.test(new URL(to).protocol)
  ) {
    throw new DrydockError('CONFIG_INVALID', 'a rewrite of archives is not from one URL to another');
  }
  const target = new URL(withSlash(to));
  // Who may log in there is told apart; see `splitLogin`.
  return { starts: starts.map((start) => new URL(start).href), to: splitLogin(target).url };
}

function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}

/** An address without the login that may be written in it, and that login. */
export function splitLogin(address: URL | string): { readonly url: URL; readonly login?: ArchiveLogin } {
  const url = new URL(address);
  const [user, password] = [url.username, url.password].map(decoded);
  [url.username, url.password] = ['', ''];
  if (!user) return { url };
  const login = {
    scheme: url.protocol.slice(0, -1),
    host: url.host,
    path: url.pathname,
    user,
    password: new Secret(password ?? ''),
  };
  return { url, login };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
