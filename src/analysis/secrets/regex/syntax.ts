/** A place in a text where a pattern may demand something without consuming it. */
export type Edge = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordEdge' | 'notWordEdge';

/** A pattern over bytes. */
export type Syntax =
  /** One byte out of a set: 256 entries, 1 for a member. */
  | { readonly kind: 'byte'; readonly set: Uint8Array }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'sequence'; readonly parts: readonly Syntax[] }
  /** Earlier ones are preferred. */
  | { readonly kind: 'choice'; readonly options: readonly Syntax[] }
  | {
      readonly kind: 'repeat';
      readonly of: Syntax;
      readonly min: number;
      /** Absent: no end. */
      readonly max?: number;
      readonly greedy: boolean;
    }
  | { readonly kind: 'group'; readonly of: Syntax; readonly name?: string };

/** A pattern that is not RE2 syntax, or not in the part of it that is supported. The message says which. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** 256 entries, 1 for the bytes of the ranges. */
export function byteSet(...ranges: readonly (readonly [from: number, to: number])[]): Uint8Array {
  const set = new Uint8Array(256);
  for (const [from, to] of ranges) set.fill(1, from, to + 1);
  return set;
}

export function complement(set: Uint8Array): Uint8Array {
  return set.map((member) => 1 - member);
}

/** With both cases of every ASCII letter that is in it. */
export function bothCases(set: Uint8Array): Uint8Array {
  const folded = Uint8Array.from(set);
  for (let lower = 0x61; lower <= 0x7a; lower++) {
    const member = (set[lower] ?? 0) | (set[lower - 0x20] ?? 0);
    folded[lower] = folded[lower - 0x20] = member;
  }
  return folded;
}
