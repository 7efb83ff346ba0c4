import { createHash } from 'node:crypto';
import { algorithmOf, hexOf, sha256Of, toDigest } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Digest, ImageReference } from '../../model/image.ts';
import { MAX_MANIFEST_BYTES } from '../manifest.ts';
import { ACCEPTED_MANIFESTS, bareMediaType } from '../media-types.ts';
import { formatReference } from '../reference.ts';
import type { Attempts } from './attempts.ts';
import type { Endpoint } from './endpoint.ts';
import type { Exchange } from './exchange.ts';
import type { Subject } from './explain.ts';
import type { FallOver } from './fall-over.ts';
import { HttpFailure } from './http-failure.ts';
import { discard, headerOf, readBody, type HttpAnswer } from './transport.ts';

/** What all readers of a registry share. */
export interface RegistryParts {
  readonly exchange: Exchange;
  readonly attempts: Attempts;
  readonly fallOver: FallOver;
}

export interface FetchedManifest {
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  readonly digest: Digest;
}

const HEADERS = { accept: ACCEPTED_MANIFESTS.join(', ') };

/** @see OCI Distribution Spec 1.1, "Pulling manifests" */
export function fetchManifest(
  { exchange, attempts, fallOver }: RegistryParts,
  reference: ImageReference,
  options: Signal,
): Promise<FetchedManifest> {
  const subject = subjectOf(reference);
  const ask = async (endpoint: Endpoint): Promise<FetchedManifest> => {
    const request = { method: 'GET', path: pathOf(reference), headers: HEADERS } as const;
    const answer = await exchange(endpoint, request, options);
    const bytes = await readBody(answer, MAX_MANIFEST_BYTES);
    if (!bytes) {
      throw new DrydockError(
        'MANIFEST_TOO_LARGE',
        `the ${subject.of} is larger than ${MAX_MANIFEST_BYTES} bytes`,
      );
    }
    const digest = checkDigest(bytes, reference.digest ?? statedDigest(answer), subject);
    return { bytes, mediaType: bareMediaType(headerOf(answer.headers, 'content-type') ?? ''), digest };
  };
  return fallOver.first(
    reference,
    (endpoint) => attempts.run(endpoint, subject, () => ask(endpoint), options),
    options,
  );
}

/** Asks for the headers only, which counts less or not at all against quotas. */
export function resolveDigest(
  parts: RegistryParts,
  reference: ImageReference,
  options: Signal,
): Promise<Digest> {
  const { exchange, attempts, fallOver } = parts;
  const subject = subjectOf(reference);
  const ask = async (endpoint: Endpoint): Promise<Digest | undefined> => {
    try {
      const request = { method: 'HEAD', path: pathOf(reference), headers: HEADERS } as const;
      const answer = await exchange(endpoint, request, options);
      await discard(answer, options);
      return statedDigest(answer);
    } catch (error) {
      if (error instanceof HttpFailure && isNoHead(error)) return undefined;
      throw error;
    }
  };
  const resolve = async (endpoint: Endpoint): Promise<Digest> => {
    const stated = await attempts.run(endpoint, subject, () => ask(endpoint), options);
    if (stated === undefined) return (await fetchManifest(parts, reference, options)).digest;
    const { digest } = reference;
    if (digest !== undefined && algorithmOf(stated) === algorithmOf(digest) && stated !== digest) {
      throw mismatch(subject, digest);
    }
    return digest ?? stated;
  };
  return fallOver.first(reference, resolve, options);
}

function isNoHead({ status }: HttpFailure): boolean {
  return status === 400 || status === 405 || status === 501;
}

function subjectOf(reference: ImageReference): Subject {
  return { of: `manifest of ${formatReference(reference)}`, missing: 'IMAGE_NOT_FOUND' };
}

function pathOf({ tag, digest }: ImageReference): string {
  return `manifests/${digest ?? encodeURIComponent(tag ?? 'latest')}`;
}

/** A digest by an algorithm that we do not know is as good as none. */
function statedDigest({ headers }: HttpAnswer): Digest | undefined {
  return toDigest(headerOf(headers, 'docker-content-digest')?.trim());
}

function checkDigest(bytes: Uint8Array, expected: Digest | undefined, subject: Subject): Digest {
  if (expected === undefined) return sha256Of(bytes);
  const hex = createHash(algorithmOf(expected)).update(bytes).digest('hex');
  if (hex !== hexOf(expected)) throw mismatch(subject, expected);
  return expected;
}

function mismatch({ of }: Subject, digest: Digest): DrydockError {
  return new DrydockError(
    'BLOB_DIGEST_MISMATCH',
    `the ${of} has other content than its digest ${digest} says`,
  );
}
