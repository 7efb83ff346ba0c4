import type { Signal } from '../../base/signal.ts';

export type RootEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'character' | 'block' | 'fifo';

/** What lies at a path of an image, all layers taken together. */
export interface RootEntry {
  /** Without a leading slash, no `.` or `..`; `''` is the root itself. */
  readonly path: string;
  readonly type: RootEntryType;
  /** The permission bits, setuid, setgid and sticky included. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly sizeBytes: number;
  /** Of a symbolic link as written; of a hard link a path like `path`. */
  readonly target?: string;
  /** Names with their namespace (`security.capability`). */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Of device nodes. */
  readonly device?: { readonly major: number; readonly minor: number };
  /** Index of the layer that it is from. */
  readonly layer: number;
}

/** An image's files as a container would see them, without unpacking it anywhere. */
export interface RootView {
  /** What is there, a link as the link that it is. */
  entry(path: string): RootEntry | undefined;
  /**
   * Where a path leads: links on the way, and the last one too, are followed within the root (at most 40, never out of
   * it). Undefined where it leads nowhere or in a circle.
   */
  resolve(path: string): RootEntry | undefined;
  /** As {@link resolve}, but the last part is not followed, and need not be there: where something written to it would lie. */
  place(path: string): string | undefined;
  /** Names in a directory, sorted. */
  list(path: string): readonly string[];
  entries(): Iterable<RootEntry>;
  /**
   * The content of regular files, by path, each once and in no order; links are followed. Reads each layer at most
   * once for all of them, so ask for many at a time.
   *
   * @param maxBytes of one file; a larger one is an error
   * @throws DrydockError ARCHIVE_LIMIT, and what sources of images throw
   */
  read(
    paths: Iterable<string>,
    options: Signal & { readonly maxBytes: number },
  ): Promise<ReadonlyMap<string, Uint8Array>>;
  /** MD5 and SHA-256 of regular files, hexadecimal, whatever their size. */
  digests(
    paths: Iterable<string>,
    options: Signal,
  ): Promise<ReadonlyMap<string, { readonly md5: string; readonly sha256: string; readonly sha1: string }>>;
}

/** One member of the layer that is written. */
export type LayerChange =
  | {
      readonly kind: 'write';
      readonly path: string;
      readonly type: RootEntryType;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly mtime: number;
      readonly target?: string;
      readonly xattrs?: ReadonlyMap<string, Uint8Array>;
      readonly content?: Uint8Array;
      /** Of device nodes. */
      readonly device?: { readonly major: number; readonly minor: number };
    }
  /** A whiteout. */
  | { readonly kind: 'remove'; readonly path: string };
