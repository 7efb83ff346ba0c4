import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import type { CredentialSource } from '../credentials/credential.ts';
import { openAttempts } from './attempts.ts';
import { openAuthorizer } from './authorizer.ts';
import { readBlob, streamBlob, type BlobDescriptor } from './blobs.ts';
import type { ClientCertificate, ConnectionGuard } from './dispatchers.ts';
import type { Mirrors } from './endpoint.ts';
import { openExchange } from './exchange.ts';
import { openFallOver } from './fall-over.ts';
import { openGreeting } from './greeting.ts';
import { openHostGates } from './host-gates.ts';
import { fetchManifest, resolveDigest, type FetchedManifest, type RegistryParts } from './manifests.ts';
import type { ProxyOptions } from './proxy.ts';
import { openPusher, type RegistryPusher } from './push/pusher.ts';
import { listTags } from './tags.ts';
import { openTokens } from './tokens.ts';
import { openTransport } from './transport.ts';
import { hostList } from './urls.ts';
import { warningTeller } from './warnings.ts';

/** Hosts are `host` or `host:port`, as in references. */
export interface RegistryOptions {
  readonly credentials: CredentialSource;
  /** By registry: hosts to ask first, in this order, each perhaps with a path that goes before the repository. */
  readonly mirrors?: Mirrors;
  readonly plainHttpHosts?: readonly string[];
  /** Their certificates are not checked. */
  readonly insecureTlsHosts?: readonly string[];
  /** PEM. Trusted besides those that Node trusts. */
  readonly caCertificates?: readonly string[];
  /** By host; PEM. Trusted for that host alone, besides the others. */
  readonly caCertificatesByHost?: Readonly<Record<string, readonly string[]>>;
  /** By host; PEM. */
  readonly clientCertificates?: Readonly<Record<string, ClientCertificate>>;
  readonly proxy?: ProxyOptions;
  /** Says where no connection may lead. */
  readonly guard?: ConnectionGuard;
  /** How long a host may take to begin its answer, or pause in it. */
  readonly timeoutSeconds?: number;
  readonly maxRetries?: number;
  readonly maxConnectionsPerHost?: number;
  readonly userAgent?: string;
  readonly retryBaseDelayMs?: number;
}

/**
 * Reads images from registries. Every method throws DrydockError REGISTRY_DENIED, REGISTRY_UNREACHABLE,
 * REGISTRY_TLS, REGISTRY_BUSY, REGISTRY_FAILED, REGISTRY_PROTOCOL, REFERENCE_INVALID, and what the source of
 * credentials throws.
 */
export interface RegistryClient extends AsyncDisposable {
  /**
   * A manifest or index as stored, checked against the digest of the reference, else against the one the registry
   * states. The media type is what the registry says, without parameters; empty when it says nothing.
   * @throws DrydockError IMAGE_NOT_FOUND, MANIFEST_TOO_LARGE, BLOB_DIGEST_MISMATCH
   */
  fetchManifest(reference: ImageReference, options: Signal): Promise<FetchedManifest>;
  /**
   * The digest a tag has now. Only as true as the registry is.
   * @throws DrydockError IMAGE_NOT_FOUND, BLOB_DIGEST_MISMATCH
   */
  resolveDigest(reference: ImageReference, options: Signal): Promise<Digest>;
  /**
   * A blob's bytes in chunks as they come, from `offset` on. Its size is enforced, its digest is for the reader to
   * check. Holds a connection until read to the end or left.
   * @throws DrydockError BLOB_NOT_FOUND, BLOB_SIZE_MISMATCH
   */
  openBlob(
    reference: ImageReference,
    blob: BlobDescriptor,
    options: Signal & { readonly offset?: number },
  ): AsyncIterable<Uint8Array>;
  /**
   * A whole blob, checked against its digest.
   * @throws DrydockError BLOB_NOT_FOUND, BLOB_SIZE_MISMATCH, BLOB_DIGEST_MISMATCH, MANIFEST_TOO_LARGE
   */
  readBlob(
    reference: ImageReference,
    blob: BlobDescriptor,
    maxBytes: number,
    options: Signal,
  ): Promise<Uint8Array>;
  /**
   * The tags of a repository; those of the reference do not count.
   * @throws DrydockError IMAGE_NOT_FOUND
   */
  listTags(reference: ImageReference, options: Signal): AsyncIterable<string>;
}

/** One that can be written to as well. */
export interface WritableRegistry extends RegistryClient {
  readonly push: RegistryPusher;
}

const DEFAULTS = {
  timeoutSeconds: 60,
  maxRetries: 5,
  maxConnectionsPerHost: 8,
  retryBaseDelayMs: 500,
  userAgent: 'drydock',
} as const;

/**
 * A client of any registry that speaks the OCI distribution or the Docker V2 protocol. Connects when first asked.
 *
 * @throws DrydockError CONFIG_INVALID for certificates and proxies that are none
 * @example
 * await using registry = openRegistry({ credentials: anonymous });
 * const manifest = await registry.fetchManifest(parseReference('alpine:3.20'), { signal });
 */
export function openRegistry(options: RegistryOptions): WritableRegistry {
  const closing = new AbortController();
  const isPlainHttp = hostList(options.plainHttpHosts ?? []);
  const gates = openHostGates(options.maxConnectionsPerHost ?? DEFAULTS.maxConnectionsPerHost);
  const transport = openTransport(
    {
      insecureTlsHosts: options.insecureTlsHosts ?? [],
      caCertificates: options.caCertificates ?? [],
      caCertificatesByHost: options.caCertificatesByHost ?? {},
      clientCertificates: options.clientCertificates ?? {},
      proxy: options.proxy ?? {},
      ...(options.guard && { guard: options.guard }),
      timeoutMs: (options.timeoutSeconds ?? DEFAULTS.timeoutSeconds) * 1000,
      userAgent: options.userAgent ?? DEFAULTS.userAgent,
    },
    gates,
  );
  const tokens = openTokens(transport, closing.signal);
  const authorizer = openAuthorizer(options.credentials, tokens, closing.signal);
  const greeting = openGreeting(transport, authorizer, isPlainHttp, closing.signal);
  const parts: RegistryParts = {
    exchange: openExchange({ transport, greeting, authorizer, isPlainHttp, onWarnings: warningTeller() }),
    attempts: openAttempts(gates, {
      maxRetries: options.maxRetries ?? DEFAULTS.maxRetries,
      retryBaseDelayMs: options.retryBaseDelayMs ?? DEFAULTS.retryBaseDelayMs,
    }),
    fallOver: openFallOver(options.mirrors ?? {}),
  };
  return {
    push: openPusher({ ...parts, isPlainHttp }),
    fetchManifest: (reference, o) => fetchManifest(parts, reference, o),
    resolveDigest: (reference, o) => resolveDigest(parts, reference, o),
    openBlob: (reference, blob, o) => streamBlob(parts, reference, blob, o),
    readBlob: (reference, blob, maxBytes, o) => readBlob(parts, reference, blob, maxBytes, o),
    listTags: (reference, o) => listTags(parts, reference, o),
    async [Symbol.asyncDispose]() {
      closing.abort(new DrydockError('CANCELLED', 'the registry client was closed'));
      await transport[Symbol.asyncDispose]();
    },
  };
}
