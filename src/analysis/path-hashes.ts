/** A set of paths as short hashes: small enough to be kept with each layer. */
export interface PathHashes {
  add(path: string): void;
  /** Base64 of the sorted hashes. */
  encode(): string;
}

const BYTES = 6;

export function openPathHashes(): PathHashes {
  const hashes = new Set<number>();
  return {
    add: (path) => void hashes.add(hashOf(path)),
    encode() {
      const sorted = Float64Array.from(hashes).sort();
      const bytes = Buffer.alloc(sorted.length * BYTES);
      sorted.forEach((hash, index) => bytes.writeUIntBE(hash, index * BYTES, BYTES));
      return bytes.toString('base64');
    },
  };
}

/** Of what {@link PathHashes.encode} gave; anything else holds nothing. */
export function readPathHashes(text: string): (path: string) => boolean {
  const bytes = Buffer.from(text, 'base64');
  const hashes = new Set<number>();
  for (let at = 0; at + BYTES <= bytes.length; at += BYTES) hashes.add(bytes.readUIntBE(at, BYTES));
  return (path) => hashes.has(hashOf(path));
}

/** Twice FNV-1a over UTF-16, of which 48 bits are kept: two of a million paths meet with a chance of 0.2 %. */
function hashOf(path: string): number {
  let [low, high] = [0x811c9dc5, 0x050c5d1f];
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + 0x9e37), 0x01000193);
  }
  return (high & 0xffff) * 2 ** 32 + (low >>> 0);
}
