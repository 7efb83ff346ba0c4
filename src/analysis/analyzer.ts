import type { Diagnostic, FileAnalysis } from '../model/analysis.ts';

export interface FileHeader {
  /** Normalised: no leading slash, no `.` or `..`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
}

/** A regular file with its whole content, which is only valid until `add` returns: copy what you keep. */
export interface LayerFile extends FileHeader {
  readonly content: Uint8Array;
}

/** What an analyzer answers for the path it was given; path and analyzer id are filled in for it. */
export type FileResult = Omit<FileAnalysis, 'path' | 'analyzer'> & {
  readonly diagnostics?: readonly Omit<Diagnostic, 'by' | 'path'>[];
  /** Files that packages of the distribution have brought, asked for at the end if there is anything to compare. */
  readonly installedFiles?: () => Iterable<string>;
};

/** Any entry of a tree, before links and later layers are considered. */
export interface EntryHeader extends FileHeader {
  readonly kind: 'file' | 'hardlink' | 'symlink' | 'directory' | 'other';
  readonly uid?: number;
  readonly gid?: number;
  readonly linkTarget?: string;
  /** Extended attributes by name (`security.capability`), where there are any. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array>;
}

/** Takes one file in pieces, so that its size does not matter. Pieces are valid until `write` returns. */
export interface FileSink {
  /** @returns false when the rest of the file is of no interest */
  write(piece: Uint8Array): boolean;
  /** Called once, also after `write` has returned false. */
  end(): FileResult | undefined;
}

/** In the place of a path. */
export const WHOLE_LAYER = '';

/** One layer's run of one analyzer. `undefined` means: nothing of interest in this file. */
export interface AnalyzerSession {
  add(file: LayerFile): FileResult | undefined;
  /** Sees every entry, wanted or not; keep it very cheap. A result is kept for the entry's path. */
  entry?(entry: EntryHeader): FileResult | undefined;
  /** Takes a wanted file in pieces instead of whole; `undefined`: have it whole, by `add`. */
  open?(file: FileHeader): FileSink | undefined;
  /**
   * For analyzers that need several files at once: results by path, asked for when the layer is over. Of
   * {@link WHOLE_LAYER} the diagnostics count, whatever becomes of single files.
   */
  end?(): ReadonlyMap<string, FileResult>;
}

/**
 * Says which files it wants and turns them into packages and other facts.
 * It never opens, walks, limits, retries, caches or logs, and it never trusts what it reads: broken input gives
 * a diagnostic and whatever could be read.
 */
export interface Analyzer {
  readonly id: string;
  /** Its files, for people. */
  readonly reads?: string;
  /** Where it is of use: what is installed (images, root file systems), or trees of sources. Absent: both. */
  readonly appliesTo?: 'installed' | 'source';
  /** Runs only when this kind of finding is asked for. Absent: always. */
  readonly scanner?: 'secret' | 'license' | 'misconfiguration';
  /** Raise it whenever its output for the same file changes: stored analyses of older versions are then not used. */
  readonly version: number;
  /** Larger files are not captured; a diagnostic says so. */
  readonly maxFileBytes: number;
  /** How all paths that it wants end: it is asked about no others. Absent: it is asked about every file. */
  readonly endings?: readonly string[];
  /** Called for very many files: keep it cheap. */
  wants(file: FileHeader): boolean;
  /**
   * Base names under which its files may lie elsewhere in the tree and be reached by a link from the usual place
   * (`var/lib/rpm` → `/usr/share/rpm`). Such files are analyzed too, but count only when a link leads to them.
   */
  readonly linkedNames?: readonly string[];
  /**
   * The fixed paths among those it wants (a directory ends with `/`). Links and other entries on the way to them are
   * noted, so that a directory which was linked, replaced or removed by a layer is followed as a container would.
   */
  readonly usualPlaces?: readonly string[];
  begin(): AnalyzerSession;
}

/** The session of an analyzer for which each file stands alone. */
export function eachFile(parse: (file: LayerFile) => FileResult | undefined): () => AnalyzerSession {
  return () => ({ add: parse });
}

/** Raised whenever a tree is looked at or told of in another way, whatever the analyzers. */
const TREE_VERSION = 2;

/** Ids and versions in a fixed order: part of every cache key. */
export function fingerprint(analyzers: readonly Analyzer[]): string {
  const ids = analyzers.map((analyzer) => `${analyzer.id}@${analyzer.version}`).sort();
  return [`tree@${TREE_VERSION}`, ...ids].join(',');
}
