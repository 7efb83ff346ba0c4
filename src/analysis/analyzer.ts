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
};

/** One layer's run of one analyzer. `undefined` means: nothing of interest in this file. */
export interface AnalyzerSession {
  add(file: LayerFile): FileResult | undefined;
  /** For analyzers that need several files at once: results by path, asked for when the layer is over. */
  end?(): ReadonlyMap<string, FileResult>;
}

/**
 * Says which files it wants and turns them into packages and other facts.
 * It never opens, walks, limits, retries, caches or logs, and it never trusts what it reads: broken input gives
 * a diagnostic and whatever could be read.
 */
export interface Analyzer {
  readonly id: string;
  /** Raise it whenever its output for the same file changes: stored analyses of older versions are then not used. */
  readonly version: number;
  /** Larger files are not captured; a diagnostic says so. */
  readonly maxFileBytes: number;
  /** Called for every regular file: keep it cheap. */
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

/** Ids and versions in a fixed order: part of every cache key. */
export function fingerprint(analyzers: readonly Analyzer[]): string {
  return analyzers
    .map((analyzer) => `${analyzer.id}@${analyzer.version}`)
    .sort()
    .join(',');
}
