/** What a view may leave unused of its buffer without being copied, such as the header of a file that was read whole. */
const SLACK_BYTES = 512;

/**
 * The same bytes for keeping: in a buffer that holds little else. What a compressor or a connection gives is a view of a
 * buffer that may be many times as large (128 KiB for a value of 5 KiB), and keeps all of that.
 */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  const isAlone = bytes.buffer.byteLength - bytes.byteLength <= SLACK_BYTES;
  // Not its own method: a Buffer's gives another view.
  return isAlone ? bytes : Uint8Array.prototype.slice.call(bytes);
}
