/** Which paths a layer holds, as short hashes: small enough to be kept with each layer. */
export interface PathHashes {
  add(path: string): void;
  /** How many were added. */
  readonly size: number;
  /** Base64 of the sorted hashes. */
  encode(): string;
}

const BYTES = 6;
const FIRST_SIZE = 1024;
const SLASH = 0x2f;

export function openPathHashes(): PathHashes {
  // Numbers beyond 31 bits are objects wherever they stand but here.
  let hashes = new Float64Array(FIRST_SIZE);
  let size = 0;
  return {
    add(path) {
      if (size === hashes.length) {
        const larger = new Float64Array(size * 2);
        larger.set(hashes);
        hashes = larger;
      }
      hashes[size++] = hashOf(path);
    },
    get size() {
      return size;
    },
    encode() {
      const sorted = hashes.slice(0, size).sort();
      const bytes = Buffer.alloc(size * BYTES);
      let end = 0;
      sorted.forEach((hash, index) => {
        if (index > 0 && hash === sorted[index - 1]) return;
        end = bytes.writeUIntBE(hash, end, BYTES);
      });
      return bytes.toString('base64', 0, end);
    },
  };
}

/** Paths that are known by their hashes. */
export interface HeldPaths {
  has(hash: number): boolean;
}

/** What {@link PathHashes.encode} gave; of anything else, whatever it may mean. */
export function decodePathHashes(text: string): HeldPaths {
  const bytes = Buffer.from(text, 'base64');
  const count = Math.floor(bytes.length / BYTES);
  return {
    has(hash) {
      // They are sorted, and few of them are asked for.
      let [from, to] = [0, count];
      while (from < to) {
        const middle = (from + to) >>> 1;
        const held = bytes.readUIntBE(middle * BYTES, BYTES);
        if (held === hash) return true;
        if (held < hash) from = middle + 1;
        else to = middle;
      }
      return false;
    },
  };
}

/** Where the two halves of a hash begin. */
const [LOW, HIGH] = [0x811c9dc5, 0x050c5d1f];
const PRIME = 0x01000193;
/** By which the other half sees other letters. */
const SHIFT = 0x9e37;

/**
 * Hashes of each directory on the way to a path, from the root on, and of the path itself at the end. Twice FNV-1a over
 * UTF-16, of which 48 bits are kept: that any two of a million paths meet has a chance of 0.2 %.
 */
export function hashesOf(path: string): readonly number[] {
  const found: number[] = [];
  let [low, high] = [LOW, HIGH];
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    if (unit === SLASH) found.push(joined(low, high));
    low = Math.imul(low ^ unit, PRIME);
    high = Math.imul(high ^ (unit + SHIFT), PRIME);
  }
  found.push(joined(low, high));
  return found;
}

/** The last of {@link hashesOf}. */
function hashOf(path: string): number {
  let low = LOW;
  let high = HIGH;
  for (let i = 0; i < path.length; i++) {
    const unit = path.charCodeAt(i);
    low = Math.imul(low ^ unit, PRIME);
    high = Math.imul(high ^ (unit + SHIFT), PRIME);
  }
  return joined(low, high);
}

function joined(low: number, high: number): number {
  return (high & 0xffff) * 2 ** 32 + (low >>> 0);
}
