import type { LookupAddress, LookupOptions } from 'node:dns';
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { DrydockError } from '../../base/errors.ts';
import { parseGlob } from '../../base/glob.ts';
import type { Signal } from '../../base/signal.ts';
import { isMetadataName, targetKind, type TargetKind } from './target-kind.ts';

export interface TargetGuardOptions {
  /** The only registries that may be asked for, as `host` or `host:port` with `*`. Absent: any. */
  readonly allowedRegistries?: readonly string[];
  /** Those that may lie at private and loopback addresses, as the operator knows them. */
  readonly privateRegistries?: readonly string[];
  readonly allowPrivate?: boolean;
  readonly allowLoopback?: boolean;
  /** How names become addresses; the default asks the system. */
  readonly resolve?: Resolve;
}

export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

/** Keeps those who may ask for scans from sending this server to places that only this server can reach. */
export interface TargetGuard {
  /**
   * Refuses a registry that is not among the allowed, or whose name leads, with any of its addresses, to where it may
   * not. For doors, before anything is fetched.
   *
   * @param host `host` or `host:port`
   * @throws DrydockError TARGET_FORBIDDEN, REGISTRY_UNREACHABLE when there is no such name
   */
  check(host: string, options: Signal): Promise<void>;
  /**
   * Refuses URLs with a forbidden name or address in them. For every request of a transport, redirects included: an
   * address that stands in a URL is never looked up.
   *
   * @throws DrydockError TARGET_FORBIDDEN
   */
  assertUrl(url: URL): void;
  /**
   * Looks names up for `net.connect` and fails with TARGET_FORBIDDEN. What it gives is what is connected to, so that a
   * name cannot lead elsewhere once it has been checked.
   *
   * @param url what is to be connected to
   */
  lookupFor(url: URL): LookupFunction;
}

const RESOLVE_TIMEOUT_MS = 5000;

/** @throws DrydockError CONFIG_INVALID for patterns that are none */
export function openTargetGuard(options: TargetGuardOptions): TargetGuard {
  const isAllowed = options.allowedRegistries && hostPatterns(options.allowedRegistries);
  const isKnownPrivate = hostPatterns(options.privateRegistries ?? []);
  const { resolve = resolveBySystem } = options;

  const refusal = (url: URL, kind: TargetKind): string | undefined => {
    const isTrusted = isKnownPrivate(url);
    if (kind === 'forbidden') return 'leads to an address where no registry may be';
    if (kind === 'private' && !options.allowPrivate && !isTrusted) return 'leads into a private network';
    if (kind === 'loopback' && !options.allowLoopback && !isTrusted) return 'leads to this machine itself';
    return undefined;
  };
  const assertUrl = (url: URL): void => {
    const kind = literalKind(url.hostname);
    const problem = kind && refusal(url, kind);
    if (problem) throw forbidden(url.host, problem);
  };
  const assertAddresses = (url: URL, addresses: readonly LookupAddress[]): void => {
    for (const { address } of addresses) {
      const problem = refusal(url, targetKind(address));
      if (problem) throw forbidden(url.host, problem);
    }
  };
  return {
    assertUrl,
    async check(host, { signal }) {
      const url = hostUrl(host);
      if (isAllowed && !isAllowed(url))
        throw forbidden(url.host, 'is not among the registries that are allowed');
      assertUrl(url);
      if (isIP(bare(url.hostname)) === 0) assertAddresses(url, await resolved(url.hostname, resolve, signal));
    },
    lookupFor: (url) => guardedLookup(resolve, (addresses) => assertAddresses(url, addresses)),
  };
}

/** All addresses are looked at, also where one was asked for: the next look-up may give any of them. */
function guardedLookup(
  resolve: Resolve,
  assertAddresses: (addresses: readonly LookupAddress[]) => void,
): LookupFunction {
  return (hostname, options, callback) => {
    const found = async (): Promise<readonly LookupAddress[]> => {
      if (isMetadataName(hostname)) throw forbidden(hostname, 'is where a cloud keeps secrets');
      const addresses = await resolve(hostname);
      assertAddresses(addresses);
      return ofFamily(addresses, options);
    };
    found().then(
      (addresses) => answer(addresses, options, callback),
      (error: unknown) => callback(error as NodeJS.ErrnoException, ''),
    );
  };
}

function answer(
  addresses: readonly LookupAddress[],
  options: LookupOptions,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (!first) {
    const error: NodeJS.ErrnoException = new Error('no address of the family that was asked for');
    error.code = 'ENOTFOUND';
    callback(error, '');
  } else if (options.all) callback(null, [...addresses]);
  else callback(null, first.address, first.family);
}

function ofFamily(addresses: readonly LookupAddress[], { family }: LookupOptions): readonly LookupAddress[] {
  const wanted = family === 'IPv4' ? 4 : family === 'IPv6' ? 6 : (family ?? 0);
  return wanted === 0 ? addresses : addresses.filter((address) => address.family === wanted);
}

async function resolved(
  hostname: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(RESOLVE_TIMEOUT_MS)]);
  try {
    return await Promise.race([resolve(hostname), aborted(limit)]);
  } catch (cause) {
    signal.throwIfAborted();
    throw new DrydockError('REGISTRY_UNREACHABLE', `registry ${hostname} has no address`, { cause });
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function literalKind(hostname: string): TargetKind | undefined {
  if (isMetadataName(hostname)) return 'forbidden';
  const name = hostname.replace(/\.$/, '').toLowerCase();
  if (name === 'localhost' || name.endsWith('.localhost')) return 'loopback';
  const address = bare(hostname);
  return isIP(address) === 0 ? undefined : targetKind(address);
}

/** The host in the one spelling that URL gives it: `0x7f.1` becomes `127.0.0.1`. */
function hostUrl(host: string): URL {
  const isPlain = host.length <= 300 && !/[/?#@\\\s]/.test(host);
  const text = `https://${isIP(host) === 6 ? `[${host}]` : host}/`;
  if (isPlain && URL.canParse(text)) return new URL(text);
  throw new DrydockError('REFERENCE_INVALID', 'the registry is not a host with or without a port');
}

function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function hostPatterns(patterns: readonly string[]): (url: URL) => boolean {
  const globs = patterns.map((pattern) => {
    // Brackets of an IPv6 address would be read as a class.
    const glob = parseGlob(pattern.toLowerCase().replace(/[[\]]/g, '\\$&'));
    if (!glob) throw new DrydockError('CONFIG_INVALID', `${pattern} is not a pattern for registries`);
    return glob;
  });
  return ({ hostname, host, port, protocol }) => {
    const name = hostname.replace(/\.$/, '');
    const spellings = [name, host, `${name}:${port || (protocol === 'http:' ? 80 : 443)}`];
    return globs.some((fits) => spellings.some((spelling) => fits(spelling)));
  };
}

function forbidden(host: string, problem: string): DrydockError {
  return new DrydockError('TARGET_FORBIDDEN', `registry ${host} ${problem}: refused`, {
    hint: 'Whoever runs this server can allow it by name, as a registry in a private network.',
  });
}

function resolveBySystem(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });
}
