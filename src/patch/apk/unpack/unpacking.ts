import type { PackageUpdate } from '../../../model/patch.ts';
import type { MergedTree } from '../../embedded/unpack/merged-tree.ts';
import type { ApkEntry, ApkFile } from '../archive/open-apk.ts';
import type { ApkDatabase } from '../database/database.ts';
import { filesOf, type InstalledApk, type RecordedFolder } from '../database/record.ts';

/** A package on its way from one version to the next. */
export interface ApkUpgrade {
  readonly installed: InstalledApk;
  readonly file: ApkFile;
  readonly update: PackageUpdate;
}

export interface ApkDigests {
  readonly sha1: string;
  readonly sha256: string;
}

/** The package that a file is recorded for. */
export interface FileOwner {
  readonly pkg: InstalledApk;
  readonly checksum?: string;
  /** Another package claims it too, as no database of apk says: nobody may take it away. */
  readonly isShared?: boolean;
}

/** What all packages that are unpacked share. */
export interface ApkUnpacking {
  readonly database: ApkDatabase;
  readonly tree: MergedTree;
  /** Of files of the image, by where they really lie. */
  readonly digests: ReadonlyMap<string, ApkDigests>;
  /** Who has a file, by its path as recorded; kept up to date. */
  readonly owners: Map<string, FileOwner>;
  /** What packages have now, where that is not what the database says. */
  readonly folders: Map<string, readonly RecordedFolder[]>;
  /** Whether files of a folder that were changed are to be kept. */
  readonly isProtected: (folder: string) => boolean;
  /** Where files lie that are written in place of scripts. */
  readonly derived: Set<string>;
  readonly notes: string[];
}

/** An unpacked package. */
export interface ApkUnpacked {
  readonly upgrade: ApkUpgrade;
  /** What it brought and is recorded with. */
  readonly payload: readonly ApkEntry[];
  /** Paths of files that the image's own were kept for. */
  readonly kept: ReadonlySet<string>;
}

export function ownersOf(packages: readonly InstalledApk[]): Map<string, FileOwner> {
  const owners = new Map<string, FileOwner>();
  for (const pkg of packages)
    for (const { path, file } of filesOf(pkg)) {
      const isShared = owners.has(path);
      owners.set(path, {
        pkg,
        ...(file.checksum !== undefined && { checksum: file.checksum }),
        ...(isShared && { isShared }),
      });
    }
  return owners;
}
