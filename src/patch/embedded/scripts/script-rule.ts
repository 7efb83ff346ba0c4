/**
 * What a script does when a package is replaced by a newer version of the same release: nothing (N), nothing unless it
 * comes from before some version (V), nothing where something exists (E), alternatives and diversions that stay (A),
 * units of systemd (S), owners and modes (M), caches (C), trust stores and answers of debconf (K).
 */
export type ScriptClass = 'N' | 'V' | 'E' | 'A' | 'S' | 'M' | 'C' | 'K';

/** What must hold of the image before a script may be left out. */
export type StateCheck =
  /** The installed version is this one or later. */
  | { readonly from: string }
  | { readonly present: string }
  | { readonly absent: string }
  /** The new version brings the same file as lies there. */
  | { readonly unchanged: string }
  | { readonly user: string }
  | { readonly group: string }
  /** A diversion of this path is there, or none is; with a leading slash. */
  | { readonly diverted: string }
  | { readonly undiverted: string }
  /** No package waits for this trigger, which the script itself would pull. */
  | { readonly unwatched: string }
  /** Another package is installed in this version or a later one. */
  | { readonly needs: string; readonly since: string };

export type Emulation = 'ca-store' | 'linker-cache';

/** A package whose scripts someone has read. */
export interface ReviewedPackage {
  readonly name: string;
  /** The only one that it was read for, where others differ in what must hold. */
  readonly architecture?: string;
  readonly class: ScriptClass;
  /** What they do, and why that need not be done. */
  readonly reason: string;
  readonly checks?: readonly StateCheck[];
  readonly emulation?: Emulation;
  /** Keys of the normalised scripts, by `preinst` and so on. */
  readonly scripts: Readonly<Record<string, readonly string[]>>;
}

/** What is known of one script. */
export type ScriptRule = Omit<ReviewedPackage, 'name' | 'architecture' | 'scripts'>;
