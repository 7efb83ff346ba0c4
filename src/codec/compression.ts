export type Compression = 'none' | 'gzip' | 'zstd';

const ZSTD_FRAME = 0xfd2fb528;
const ZSTD_SKIPPABLE_MIN = 0x184d2a50;
const ZSTD_SKIPPABLE_MAX = 0x184d2a5f;

/**
 * How data is compressed, told by its first bytes (RFC 1952, RFC 8878). Media types lie often enough
 * that the content decides.
 */
export function sniffCompression(head: Uint8Array): Compression {
  if (head.length >= 2 && head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length >= 4) {
    const magic = new DataView(head.buffer, head.byteOffset, 4).getUint32(0, true);
    if (magic === ZSTD_FRAME || (magic >= ZSTD_SKIPPABLE_MIN && magic <= ZSTD_SKIPPABLE_MAX)) return 'zstd';
  }
  return 'none';
}
