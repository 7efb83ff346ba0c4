/** How much of a file tells whether it is text. */
export const HEAD_BYTES = 300;

/** True when a file's beginning holds control characters that no text does, as `file` judges it. */
export function isBinary(head: Uint8Array): boolean {
  const end = Math.min(head.length, HEAD_BYTES);
  for (let i = 0; i < end; i++) {
    const byte = head[i] ?? 0;
    if (byte < 7 || byte === 0x0b || (byte > 0x0d && byte < 0x20 && byte !== 0x1b) || byte === 0x7f)
      return true;
  }
  return false;
}
