/** A set of versions, as an advisory notes it. */
export interface VersionConstraint<V = unknown> {
  includes(version: V): boolean;
}

/** One ecosystem's version grammar and order. */
export interface VersionScheme<V = unknown> {
  readonly id: string;
  /** `undefined` for text that is no version of this scheme. */
  parse(text: string): V | undefined;
  /** Negative, zero or positive; a total order over what `parse` gives. */
  compare(a: V, b: V): number;
  /**
   * Reads a range in the notation of the ecosystem's advisories (alternatives with `||`, terms with commas or spaces);
   * undefined for text that is none. Absent where ranges are only ever told by their ends.
   */
  parseConstraint?(text: string): VersionConstraint<V> | undefined;
}

/** A scheme with its type hidden, for tables that hold several. */
export type AnyVersionScheme = VersionScheme<unknown>;

/** Compares two texts; `undefined` when either is no version of the scheme. */
export function compareText(scheme: AnyVersionScheme, a: string, b: string): number | undefined {
  const left = scheme.parse(a);
  const right = scheme.parse(b);
  return left === undefined || right === undefined ? undefined : scheme.compare(left, right);
}
