import type { Severity } from '../../model/advisory.ts';

export type RuleKind = 'file' | 'directory' | 'symlink' | 'other';

/** What a rule speaks against: an entry for which everything holds that the rule says. Plain data. */
export interface FilesystemRule {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  /** One sentence; `{path}`, `{mode}`, `{uid}`, `{gid}`, `{size}` and `{capabilities}` are filled in. */
  readonly message: string;
  readonly resolution: string;
  readonly references?: readonly string[];
  /** Patterns, any of which fits; absent: all paths. */
  readonly paths?: readonly string[];
  /** Patterns, none of which fits. */
  readonly notPaths?: readonly string[];
  /** A hard link counts as a file. Absent: all kinds. */
  readonly kinds?: readonly RuleKind[];
  readonly mode?: ModeMask;
  readonly owner?: OwnerBounds;
  readonly size?: { readonly min?: number; readonly max?: number };
  /** The file has to hold such a thing. */
  readonly content?: 'private-key';
  /** Only files with capabilities. */
  readonly hasCapabilities?: true;
  /** Told once in each layer for each of these directories, at the first entry below it. */
  readonly oncePer?: readonly string[];
}

/** Bits of the mode: all of `all` set, at least one of `any`, none of `none`. */
export interface ModeMask {
  readonly all?: number;
  readonly any?: number;
  readonly none?: number;
}

/** Ids of users and groups. An entry whose owner is not known fits none. */
export interface OwnerBounds {
  readonly uids?: readonly number[];
  readonly notUids?: readonly number[];
  readonly gids?: readonly number[];
  readonly notGids?: readonly number[];
}

export interface FilesystemRules {
  readonly rules: readonly FilesystemRule[];
  /** Checks that are no rules of this shape (accounts, unknown owners), by id, and are not wanted. */
  readonly disabled: readonly string[];
}
