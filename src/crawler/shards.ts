import { toDigest } from '../base/digest.ts';
import type { Digest } from '../model/image.ts';
import type { Catalog, CatalogImage } from '../store/catalog/catalog.ts';

/** A part of all images, by the first digit of their identity. */
export interface Shard {
  readonly name: string;
  /** Images after this one… */
  readonly after: Digest | undefined;
  /** …and up to this one; undefined for all that follow. */
  readonly upTo: Digest | undefined;
}

const DIGITS = '0123456789abcdef';

export const SHARDS: readonly Shard[] = Array.from(DIGITS, (digit, index) => ({
  name: digit,
  after: lastOf(DIGITS[index - 1]),
  upTo: index + 1 < DIGITS.length ? lastOf(digit) : undefined,
}));

function lastOf(digit: string | undefined): Digest | undefined {
  return digit === undefined ? undefined : toDigest(`sha256:${digit}${'f'.repeat(63)}`);
}

export async function* imagesOf({ after, upTo }: Shard, catalog: Catalog): AsyncGenerator<CatalogImage> {
  for await (const image of catalog.images(after ? { after } : {})) {
    if (upTo !== undefined && image.identity > upTo) return;
    yield image;
  }
}
