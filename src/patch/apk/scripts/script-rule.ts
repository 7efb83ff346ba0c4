/**
 * What a script does when a package is replaced by a newer version of the same release: nothing (N), nothing where
 * something is there already (E), owners and modes (M), what is made of other files (C).
 */
export type ApkScriptClass = 'N' | 'E' | 'M' | 'C';

/** What must hold of the image before a script may be left out. */
export type ApkCheck =
  | { readonly absent: string }
  /** A link, or not there. */
  | { readonly noFolder: string }
  /** No name in this folder is without a full stop. */
  | { readonly namesWithEndings: string }
  | { readonly noLink: string; readonly to: string }
  /** Of this user and group where it is there; of this mode too, where it is given. */
  | { readonly owned: string; readonly user: string; readonly group: string; readonly mode?: number };

/** What is done in place of a script. */
export type ApkEmulation = 'busybox-links';

/** Scripts that someone has read. */
export interface ReviewedApkScript {
  readonly package: string;
  readonly kind: 'pre-upgrade' | 'post-upgrade' | 'trigger';
  readonly class: ApkScriptClass;
  /** What they do, and why that need not be done. */
  readonly reason: string;
  readonly checks?: readonly ApkCheck[];
  readonly emulation?: ApkEmulation;
  /** Of the normalised texts, by the releases that they were read in. */
  readonly keys: Readonly<Record<string, string>>;
}
