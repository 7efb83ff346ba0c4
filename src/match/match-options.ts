export interface MatchOptions {
  /** Whose severity counts, the first that has one; `auto` is the vendor's, then NVD's. */
  readonly severitySources: readonly string[];
  readonly now: Date;
}
