import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { RedisNode, RedisOptions, RedisTls, RedisTopology } from './redis-options.ts';

const SCHEMES: ReadonlyMap<string, { readonly kind: RedisTopology['kind']; readonly isTls: boolean }> =
  new Map([
    ['redis', { kind: 'single', isTls: false }],
    ['rediss', { kind: 'single', isTls: true }],
    ['redis+sentinel', { kind: 'sentinel', isTls: false }],
    ['rediss+sentinel', { kind: 'sentinel', isTls: true }],
    ['redis+cluster', { kind: 'cluster', isTls: false }],
    ['rediss+cluster', { kind: 'cluster', isTls: true }],
  ]);
/** Written by others into the same address, and of no meaning here, where connections are not pooled. */
const IGNORED_PARAMETERS: ReadonlySet<string> = new Set(['idle_timeout_seconds']);
const DEFAULT_PORT = { single: 6379, cluster: 6379, sentinel: 26379 } as const;
const MAX_NODES = 100;
const MAX_URL_LENGTH = 16_384;
/** Servers can be set up for more than the usual 16. */
const MAX_DATABASE = 65_535;

/** What the address alone cannot say. */
export interface RedisExtras {
  readonly tls?: RedisTls;
  readonly timeoutMs?: number;
  /** Instead of one in the address. */
  readonly password?: Secret;
  /** Of the sentinels themselves; the address names those of the servers. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: Secret;
}

/**
 * Understands `redis://user:password@host:6379/0`, `redis+sentinel://…@a:26379,b:26379/master-name/0` and
 * `redis+cluster://…@a:6379,b:6379`; with `rediss` in front, over TLS. Errors never tell the address, as it may hold a
 * password.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export function parseRedisUrl(url: string, extras: RedisExtras = {}): RedisOptions {
  const parts = url.length > MAX_URL_LENGTH ? null : /^([a-z+]+):\/\/([^?#]*)(?:\?([^#]*))?$/s.exec(url);
  if (!parts) throw invalid('is no address such as redis://host:6379/0');
  const [, name = '', rest = '', query] = parts;
  const scheme = SCHEMES.get(name);
  if (!scheme) throw invalid(`does not begin with one of ${[...SCHEMES.keys()].join(', ')}`);
  checkParameters(query);

  const { user, hosts, path } = split(rest);
  const nodes = toNodes(hosts, DEFAULT_PORT[scheme.kind]);
  if (scheme.kind === 'single' && nodes.length > 1)
    throw invalid('names several hosts, which only redis+sentinel:// and redis+cluster:// may');
  return {
    topology: toTopology(scheme.kind, path, extras),
    nodes,
    ...toUser(user, extras.password),
    ...toDatabase(scheme.kind, path),
    ...toTls(scheme.isTls, extras.tls),
    ...(extras.timeoutMs !== undefined && { timeoutMs: extras.timeoutMs }),
  };
}

/** A password may hold `/` and `@` as they are: the last `@` ends it. */
function split(rest: string): { user: string | undefined; hosts: string; path: string[] } {
  const at = rest.lastIndexOf('@');
  const [hosts = '', ...path] = rest.slice(at + 1).split('/');
  const named = path.filter((part) => part !== '').map(decode);
  return { user: at < 0 ? undefined : rest.slice(0, at), hosts, path: named };
}

function toNodes(hosts: string, defaultPort: number): RedisNode[] {
  const nodes = hosts.split(',').map((host) => toNode(host, defaultPort));
  if (nodes.length > MAX_NODES) throw invalid(`names more than ${MAX_NODES} hosts`);
  return nodes;
}

function toNode(text: string, defaultPort: number): RedisNode {
  const match = /^(?:\[([0-9a-fA-F:.]{2,64})\]|([A-Za-z0-9._-]{1,253}))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (!host) throw invalid(text === '' ? 'names no host' : 'names a host that cannot be understood');
  const port = Number(match?.[3] ?? defaultPort);
  if (port < 1 || port > 65_535) throw invalid(`names the port ${port}, which does not exist`);
  return { host, port };
}

function toUser(
  user: string | undefined,
  given: Secret | undefined,
): Pick<RedisOptions, 'username' | 'password'> {
  if (user === undefined || user === '') return given ? { password: given } : {};
  const colon = user.indexOf(':');
  const username = decode(colon < 0 ? user : user.slice(0, colon));
  const password = colon < 0 ? '' : decode(user.slice(colon + 1));
  const secret = given ?? (password ? new Secret(password) : undefined);
  if (username && !secret) throw invalid('names a user, and no password is given');
  return { ...(username && { username }), ...(secret && { password: secret }) };
}

function toTopology(
  kind: RedisTopology['kind'],
  path: readonly string[],
  extras: RedisExtras,
): RedisTopology {
  if (kind !== 'sentinel') return { kind };
  const [master] = path;
  if (!master) throw invalid('does not name the master, as in redis+sentinel://host:26379/master-name');
  return {
    kind,
    master,
    ...(extras.sentinelUsername && { username: extras.sentinelUsername }),
    ...(extras.sentinelPassword && { password: extras.sentinelPassword }),
  };
}

function toDatabase(kind: RedisTopology['kind'], path: readonly string[]): { database?: number } {
  const [text, ...more] = kind === 'sentinel' ? path.slice(1) : path;
  if (more.length > 0) throw invalid('has more parts than a number of a database');
  if (text === undefined) return {};
  if (!/^\d{1,5}$/.test(text) || Number(text) > MAX_DATABASE)
    throw invalid('names a database that is no number');
  if (kind === 'cluster' && Number(text) !== 0)
    throw invalid('names a database, and a cluster has only number 0');
  return { database: Number(text) };
}

function toTls(isTls: boolean, tls: RedisTls | undefined): { tls?: RedisTls } {
  if (!isTls && tls && Object.keys(tls).length > 0)
    throw invalid('is of plain text, and certificates are given; begin it with rediss');
  if (!isTls) return {};
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw invalid('is to be used with a client certificate or key, which only go together');
  return { tls: tls ?? {} };
}

function checkParameters(query: string | undefined): void {
  for (const [name] of new URLSearchParams(query ?? ''))
    if (!IGNORED_PARAMETERS.has(name)) throw invalid('has parameters, of which none are known');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a % that is not followed by two hexadecimal digits; write % as %25');
  }
}

function invalid(what: string): DrydockError {
  return new DrydockError('CONFIG_INVALID', `the address of Redis ${what}`);
}
