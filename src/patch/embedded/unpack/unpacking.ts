import type { PackageFile } from '../archive/open-package.ts';
import type { Database, InstalledPackage } from '../database/installed.ts';
import type { ConffileRecord } from '../database/stanza.ts';
import type { MergedTree } from './merged-tree.ts';

export interface FileDigests {
  readonly md5: string;
  readonly sha256: string;
}

/** A package on its way from one version to the next. */
export interface Upgrade {
  readonly installed: InstalledPackage;
  readonly file: PackageFile;
}

/** What all packages that are unpacked share. */
export interface Unpacking {
  readonly database: Database;
  readonly tree: MergedTree;
  /** Of files of the image, by where they really lie. */
  readonly digests: ReadonlyMap<string, FileDigests>;
  /** Who lists a path, by path with a leading slash; kept up to date as lists change. */
  readonly owners: Map<string, Set<InstalledPackage>>;
  /** Lists of packages whose files were taken over. */
  readonly lists: Map<InstalledPackage, readonly string[]>;
  /** Changed records of packages that are not upgraded. */
  readonly conffiles: Map<InstalledPackage, readonly ConffileRecord[]>;
  /** Files of the image that move, by where they go. */
  readonly renames: Map<string, string>;
  /** Of a path as packed: what the image was made without, and shall not get now. */
  readonly isLeftOut: (path: string) => boolean;
  readonly notes: string[];
}

/** What an unpacked package has to be recorded with. */
export interface Unpacked {
  readonly upgrade: Upgrade;
  readonly list: readonly string[];
  readonly conffiles: readonly ConffileRecord[];
  /** Paths with a leading slash that were not unpacked, as the image's configuration has it. */
  readonly filtered: ReadonlySet<string>;
}

export function ownersOf(packages: readonly InstalledPackage[]): Map<string, Set<InstalledPackage>> {
  const owners = new Map<string, Set<InstalledPackage>>();
  for (const each of packages) {
    for (const path of each.files) {
      const known = owners.get(path);
      if (known) known.add(each);
      else owners.set(path, new Set([each]));
    }
  }
  return owners;
}
