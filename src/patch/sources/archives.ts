import { DrydockError, messageOf } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Transport } from '../../oci/registry/transport.ts';
import type { UsedIndex } from '../../model/patch.ts';
import { openAddresses, splitLogin, type Addresses, type Rewrite } from './addresses.ts';
import type { ArchiveCache } from './archive-cache.ts';
import { openArchiveClient, type ArchiveClient } from './archive-client.ts';
import { isPlainPath, type AptSource, type SignedBy } from './apt-source.ts';
import type { ArchiveLogin } from './auth-conf.ts';
import type { AptConfiguration } from './image-configuration.ts';
import { openKeyrings, type OperatorKeyring } from './keyrings.ts';
import { indexPaths, loadIndex } from './load-index.ts';
import { loadRelease, SuiteGone, type ReleaseContext, type VerifiedSuite } from './load-release.ts';
import type { OfferedPackage } from './packages-index.ts';
import type { DateMemory } from './release-age.ts';
import type { Release } from './release.ts';

/** What the caller lends: a way to servers, and places to remember things. */
export interface ArchiveAccess {
  /** Asked for when something is to be fetched; stays the caller's. */
  readonly transport: () => Promise<Transport>;
  readonly cache?: ArchiveCache;
  readonly dates?: DateMemory;
}

/** A source that the operator adds. */
export interface OperatorSource {
  /** `http`, `https` or `file`; may hold a login. */
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Believed without a signature. */
  readonly trusted?: boolean;
}

/** What the operator wants otherwise than the image has it. */
export interface ArchiveOptions {
  readonly rewrites?: readonly Rewrite[];
  readonly extraSources?: readonly OperatorSource[];
  /** Only the extra ones count. */
  readonly ignoreImageSources?: boolean;
  readonly keyrings?: readonly OperatorKeyring[];
  readonly logins?: readonly ArchiveLogin[];
  /** Servers are not asked; what was fetched before is used. */
  readonly offline?: boolean;
  /** The states of indexes that are taken and no others, as an earlier plan names them. */
  readonly frozen?: readonly Pick<UsedIndex, 'url' | 'sha256'>[];
  readonly allowExpired?: boolean;
  /** Sources of the image that want to be believed without a signature are. */
  readonly allowUnsigned?: boolean;
  /** What cannot be used is left out and said, instead of ending the plan. Default `refuse`. */
  readonly unusableSources?: 'refuse' | 'skip';
}

/** A package with the archive that offers it. */
export interface Offer extends OfferedPackage {
  readonly release: Release;
  /** Host of the address that the source names, as pins speak of it. */
  readonly site: string;
  readonly component: string;
  readonly url: string;
}

export interface Archives {
  readonly offers: readonly Offer[];
  readonly indexes: readonly UsedIndex[];
  readonly notes: readonly string[];
}

export interface ArchiveRequest extends Signal {
  readonly configuration: AptConfiguration;
  readonly sources: readonly AptSource[];
  /** The own one first. */
  readonly architectures: readonly string[];
  /** Names of packages; no others are read. */
  readonly wanted: ReadonlySet<string>;
  readonly options: ArchiveOptions;
  readonly access: ArchiveAccess;
  readonly now: Date;
  readonly onBytes?: (url: string, received: number, total: number) => void;
}

const MAX_SOURCES = 200;

/** The image's sources and those of the operator, each once. @throws DrydockError CONFIG_INVALID */
export function allSources(image: readonly AptSource[], options: ArchiveOptions): readonly AptSource[] {
  const extra = (options.extraSources ?? []).map(toSource);
  const all = [...(options.ignoreImageSources ? [] : image), ...extra];
  const known = new Map(all.map((source) => [keyOf(source), source]));
  // A line that is written twice is one source; what it says first counts, as for apt.
  for (const source of [...all].reverse()) known.set(keyOf(source), source);
  return [...known.values()].slice(0, MAX_SOURCES);
}

function keyOf({ uri, suite, components, architectures, signedBy }: AptSource): string {
  return JSON.stringify([
    uri,
    suite,
    components,
    architectures ?? [],
    signedBy satisfies SignedBy | undefined,
  ]);
}

export function toSource({ uri, suite, components, trusted = false }: OperatorSource): AptSource {
  const isUsable = URL.canParse(uri) && /^(https?|file):/.test(uri);
  if (
    !isUsable ||
    ![suite, ...components].every(isPlainPath) ||
    suite.endsWith('/') === components.length > 0
  ) {
    throw new DrydockError(
      'CONFIG_INVALID',
      'an extra source of packages needs a URL, a suite and components',
    );
  }
  return {
    uri: uri.endsWith('/') ? uri : `${uri}/`,
    suite,
    components,
    wantsTrust: trusted,
    byOperator: true,
    origin: 'the operator',
  };
}

/** How files of these sources are got. @throws DrydockError CONFIG_INVALID */
export function openClient(
  sources: readonly Pick<AptSource, 'uri' | 'byOperator'>[],
  configuration: Pick<AptConfiguration, 'logins'>,
  options: ArchiveOptions,
  access: ArchiveAccess,
): { readonly client: ArchiveClient; readonly addresses: Addresses } {
  const own = sources.filter(({ byOperator }) => byOperator).map(({ uri }) => splitLogin(uri).url.href);
  const rewrites = options.rewrites ?? [];
  const addresses = openAddresses(rewrites, own);
  const written = [...rewrites.map(({ to }) => to), ...sources.map(({ uri }) => uri)].flatMap((uri) => {
    const { login } = splitLogin(uri);
    return login ? [login] : [];
  });
  const client = openArchiveClient({
    transport: access.transport,
    addresses,
    logins: [...(options.logins ?? []), ...written, ...configuration.logins],
    offline: options.offline ?? false,
  });
  return { client, addresses };
}

/**
 * Verifies the releases of all sources and reads what they offer of the wanted names.
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_EXPIRED, ARCHIVE_ROLLED_BACK, ARCHIVE_UNAVAILABLE, ARCHIVE_LIMIT
 */
export async function loadArchives(request: ArchiveRequest): Promise<Archives> {
  const { configuration, sources, options, access, signal } = request;
  const notes = new Set<string>();
  const note = (text: string): void => void notes.add(text);
  const { client, addresses } = openClient(sources, configuration, options, access);
  const keyrings = openKeyrings(configuration, options.keyrings ?? [], note);
  const context: ReleaseContext = {
    client,
    addresses,
    cache: access.cache,
    dates: access.dates,
    now: request.now,
    allowExpired: options.allowExpired ?? false,
    allowUnsigned: options.allowUnsigned ?? false,
    frozen: new Map(options.frozen?.map(({ url, sha256 }) => [url, sha256])),
  };

  const suites: VerifiedSuite[] = [];
  const offers: Offer[] = [];
  const failures: Error[] = [];
  // One after the other: two sources of one suite then share what the first has fetched.
  for (const source of sources) {
    try {
      const suite = await loadRelease(source, await keyrings.allowedFor(source), context, { signal });
      offers.push(...(await offersOf(suite, request, client, note)));
      suites.push(suite);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error instanceof Error ? error : new Error(String(error)));
      if (!maySkip(error, options)) throw error;
      note(`${source.suite} of ${splitLogin(source.uri).url.href} is not used: ${messageOf(error)}`);
    }
  }
  if (suites.length === 0) throw failures[0] ?? withoutSources();
  return { offers, indexes: usedOnce(suites), notes: [...notes] };
}

/** A suite that has been taken away is no attack; whoever keeps one from us might be. */
export function maySkip(error: unknown, { unusableSources = 'refuse' }: ArchiveOptions): boolean {
  if (!(error instanceof DrydockError)) return false;
  return unusableSources === 'skip' || error instanceof SuiteGone;
}

export function withoutSources(): DrydockError {
  return new DrydockError('ARCHIVE_UNAVAILABLE', 'the image names no source of packages', {
    hint: 'Name the archives that its packages are from.',
  });
}

async function offersOf(
  suite: VerifiedSuite,
  { architectures, wanted, access, onBytes, signal }: ArchiveRequest,
  client: ArchiveClient,
  note: (text: string) => void,
): Promise<Offer[]> {
  const { found, missing } = indexPaths(suite, architectures);
  for (const path of missing) note(`${suite.used.url} has no ${path}`);
  const site = splitLogin(suite.source.uri).url.hostname;
  const offers: Offer[] = [];
  for (const path of found) {
    const context = { client, cache: access.cache, ...(onBytes && { onBytes }) };
    const component = path.slice(0, Math.max(0, path.lastIndexOf('/binary-')));
    for (const offered of await loadIndex(suite, path, wanted, context, { signal })) {
      const url = new URL(`./${offered.filename}`, suite.archive).href;
      offers.push({ ...offered, release: suite.release, site, component, url });
    }
  }
  return offers;
}

function usedOnce(suites: readonly VerifiedSuite[]): UsedIndex[] {
  const byUrl = new Map(suites.map(({ used }) => [used.url, used]));
  return [...byUrl.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
}
