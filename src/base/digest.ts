import { createHash } from 'node:crypto';
import type { Digest } from '../model/image.ts';
import { DrydockError } from './errors.ts';

const SHAPE = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** The text as a digest, or undefined when it is none that we can check. */
export function toDigest(text: unknown): Digest | undefined {
  return typeof text === 'string' && SHAPE.test(text) ? (text as Digest) : undefined;
}

/**
 * The text as a digest.
 * @throws DrydockError DIGEST_INVALID
 */
export function parseDigest(text: unknown, of: string): Digest {
  const digest = toDigest(text);
  if (digest) return digest;
  const shown = typeof text === 'string' ? JSON.stringify(text.slice(0, 100)) : typeof text;
  throw new DrydockError('DIGEST_INVALID', `the digest of ${of} is not a sha256 or sha512 digest: ${shown}`);
}

/** sha256 of bytes in memory. */
export function sha256Of(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** `sha256` or `sha512`. */
export function algorithmOf(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':'));
}

/** The hex part. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
