import { gunzipChunks, reusedBuffer } from '../../../codec/gunzip.ts';
import { StreamError } from '../../../codec/stream-error.ts';
import { xzChunks } from '../../../codec/xz.ts';
import { loadZstd, zstdChunks } from '../../../codec/zstd.ts';

export interface MemberLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What may stand behind `control.tar` and `data.tar`. */
export type MemberCompression = '' | '.gz' | '.xz' | '.zst';

/**
 * The bytes of a compressed member, piece by piece; a piece is valid until the next one is taken.
 *
 * @throws StreamError on damaged data and on more than `maxBytes`
 */
export async function* decompressMember(
  content: Uint8Array,
  compression: MemberCompression,
  limits: MemberLimits,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of piecesOf(content, compression, limits)) {
    limits.signal.throwIfAborted();
    bytes += piece.length;
    if (bytes > limits.maxBytes) throw new StreamError(`more than ${limits.maxBytes} bytes`);
    yield piece;
  }
}

async function* piecesOf(
  content: Uint8Array,
  compression: MemberCompression,
  limits: MemberLimits,
): AsyncGenerator<Uint8Array> {
  if (compression === '.gz') yield* gunzipChunks([content], reusedBuffer());
  else if (compression === '.xz') yield* xzChunks([content], limits);
  else if (compression === '.zst') {
    await loadZstd();
    yield* zstdChunks([content]);
  } else yield content;
}
