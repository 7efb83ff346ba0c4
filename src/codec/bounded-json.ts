const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** What JSON text may at most hold. */
export interface JsonBounds {
  /** Objects and lists within each other. */
  readonly depth: number;
  /** Objects and lists in all. */
  readonly containers: number;
  /** What stands in them in all, but for the first of each; absent: as much as the text holds. */
  readonly members?: number;
}

/**
 * Whether JSON text keeps within bounds, by one look at its bytes: a parser would first build all of it, and a few
 * megabytes of brackets make gigabytes of objects. Text that is no JSON gets an answer too.
 */
export function isWithinJsonBounds(
  bytes: Uint8Array,
  { depth, containers, members = Infinity }: JsonBounds,
): boolean {
  let open = 0;
  let seen = 0;
  let commas = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) {
      at = endOfString(bytes, at + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++open > depth || ++seen > containers) return false;
    } else if (byte === 0x7d || byte === 0x5d) {
      open--;
    } else if (byte === COMMA && ++commas > members) {
      return false;
    }
  }
  return true;
}

/** The place of the closing quote, or the end. */
function endOfString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
