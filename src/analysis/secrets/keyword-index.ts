/** Finds all of many keywords in one pass, ASCII letters compared without case. */
export interface KeywordIndex {
  /**
   * Walks one piece of a text, `state` being what the piece before it returned (0 at the beginning).
   * `onHit` is told the number of a keyword and the offset in the piece just behind its last byte.
   */
  scan(piece: Uint8Array, state: number, onHit: (keyword: number, end: number) => void): number;
}

const BYTES = 256;

interface Trie {
  /** Per state, the next state by class, or -1. */
  readonly next: Int32Array[];
  /** Per state, the keywords that end there. */
  readonly ends: number[][];
}

/**
 * An Aho-Corasick automaton without failure links: every state knows its successor for every class of bytes, so that
 * the walk costs two loads per byte. States at which a keyword ends are numbered last: one comparison tells them.
 */
export function indexKeywords(keywords: readonly string[]): KeywordIndex {
  const { classOf, width } = byteClasses(keywords);
  const trie = buildTrie(keywords, classOf, width);
  const { table, firstEnd, endsAt } = flatten(completed(trie, width), width);

  function scan(piece: Uint8Array, from: number, onHit: (keyword: number, end: number) => void): number {
    let state = from;
    for (let i = 0; i < piece.length; i++) {
      // Both indices are in range: `state` is a row of `table`, classes are below `width`.
      state = table[state + (classOf[piece[i] as number] as number)] as number;
      if (state >= firstEnd)
        for (const keyword of endsAt[(state - firstEnd) / width] ?? []) onHit(keyword, i + 1);
    }
    return state;
  }
  return { scan };
}

/** Bytes that occur in no keyword share class 0. */
function byteClasses(keywords: readonly string[]): { classOf: Uint8Array; width: number } {
  const classOf = new Uint8Array(BYTES);
  let width = 1;
  for (const byte of keywords.flatMap((keyword) => [...Buffer.from(keyword.toLowerCase())])) {
    if (classOf[byte] === 0) classOf[byte] = width++;
  }
  for (let upper = 0x41; upper <= 0x5a; upper++) classOf[upper] = classOf[upper + 0x20] ?? 0;
  return { classOf, width };
}

function buildTrie(keywords: readonly string[], classOf: Uint8Array, width: number): Trie {
  const trie: Trie = { next: [new Int32Array(width).fill(-1)], ends: [[]] };
  keywords.forEach((keyword, number) => {
    let state = 0;
    for (const byte of Buffer.from(keyword.toLowerCase())) {
      const row = trie.next[state] as Int32Array;
      const at = classOf[byte] ?? 0;
      if (row[at] === -1) {
        row[at] = trie.next.push(new Int32Array(width).fill(-1)) - 1;
        trie.ends.push([]);
      }
      state = row[at] ?? 0;
    }
    if (state > 0) trie.ends[state]?.push(number);
  });
  return trie;
}

/** Fills every gap with where the longest proper suffix would lead, in order of depth. */
function completed({ next, ends }: Trie, width: number): Trie {
  const suffix = new Int32Array(next.length);
  const queue: number[] = [];
  const root = next[0] as Int32Array;
  for (let at = 0; at < width; at++) {
    if ((root[at] ?? -1) > 0) queue.push(root[at] ?? 0);
    else root[at] = 0;
  }
  for (const state of queue) {
    const row = next[state] as Int32Array;
    const fallback = suffix[state] ?? 0;
    ends[state]?.push(...(ends[fallback] ?? []));
    for (let at = 0; at < width; at++) {
      const target = next[fallback]?.[at] ?? 0;
      const child = row[at] ?? -1;
      if (child === -1) row[at] = target;
      else {
        suffix[child] = target;
        queue.push(child);
      }
    }
  }
  return { next, ends };
}

function flatten({ next, ends }: Trie, width: number) {
  const order = next.map((_, state) => state).sort((a, b) => rank(a) - rank(b) || a - b);
  function rank(state: number): number {
    return ends[state]?.length ? 1 : 0;
  }
  const rowOf = new Int32Array(next.length);
  order.forEach((state, place) => (rowOf[state] = place * width));
  const table = new Int32Array(next.length * width);
  order.forEach((state, place) => {
    next[state]?.forEach((target, at) => (table[place * width + at] = rowOf[target] ?? 0));
  });
  const quiet = order.filter((state) => rank(state) === 0).length;
  return { table, firstEnd: quiet * width, endsAt: order.slice(quiet).map((state) => ends[state] ?? []) };
}
