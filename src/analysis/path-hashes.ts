/** Which paths a layer holds, as short hashes: small enough to be kept with each layer. */
export interface PathHashes {
  add(path: string): void;
  readonly size: number;
  /** Base64 of the sorted hashes. */
  encode(): string;
}

const BYTES = 6;
const SLASH = 0x2f;

export function openPathHashes(): PathHashes {
  const hashes = new Set<number>();
  return {
    add: (path) => void hashes.add(hashesOf(path).at(-1) ?? 0),
    get size() {
      return hashes.size;
    },
    encode() {
      const sorted = Float64Array.from(hashes).sort();
      const bytes = Buffer.alloc(sorted.length * BYTES);
      sorted.forEach((hash, index) => bytes.writeUIntBE(hash, index * BYTES, BYTES));
      return bytes.toString('base64');
    },
  };
}

/** What {@link PathHashes.encode} gave; of anything else, whatever it may mean. */
export function decodePathHashes(text: string): ReadonlySet<number> {
  const bytes = Buffer.from(text, 'base64');
  const hashes = new Set<number>();
  for (let at = 0; at + BYTES <= bytes.length; at += BYTES) hashes.add(bytes.readUIntBE(at, BYTES));
  return hashes;
}

/**
 * Hashes of each directory on the way to a path, from the root on, and of the path itself at the end. Twice FNV-1a over
 * UTF-16, of which 48 bits are kept: that any two of a million paths meet has a chance of 0.2 %.
 */
export function hashesOf(path: string): readonly number[] {
  const found: number[] = [];
  let [low, high] = [0x811c9dc5, 0x050c5d1f];
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    if (unit === SLASH) found.push(joined(low, high));
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + 0x9e37), 0x01000193);
  }
  found.push(joined(low, high));
  return found;
}

function joined(low: number, high: number): number {
  return (high & 0xffff) * 2 ** 32 + (low >>> 0);
}
