import type { Diagnostic, FileAnalysis, LayerAnalysis, LinkEntry } from '../model/analysis.ts';
import type { TarEntry, TarVisitor } from '../codec/tar/walker.ts';
import { StreamError } from '../codec/stream-error.ts';
import type { Analyzer, AnalyzerSession, FileResult, FileSink } from './analyzer.ts';
import { openOwnership } from './ownership.ts';
import { openPathHashes } from './path-hashes.ts';
import { ancestorsOf, usualPlaces } from './usual-places.ts';
import { whiteoutOf } from './whiteout.ts';

/** What a layer's tar says, before its digests are known. */
export type LayerContents = Omit<LayerAnalysis, 'schema' | 'diffId' | 'analyzers' | 'sizeBytes'>;

/** Takes the entries of one tree in any order; a tar walker or a directory walk brings them. */
export interface TreeAnalyzer extends Required<TarVisitor> {
  /** What was learnt. Call once, when all entries have been brought. */
  finish(): LayerContents;
}

/** Bounds what one layer can make us remember. */
const MAX_NOTED_PATHS = 1_000_000;
const MAX_DIAGNOSTICS = 1_000;
/** Files that are only taken for their name (a link may lead to them) are not worth more memory. */
const MAX_LINK_TARGET_BYTES = 32 << 20;

interface Running {
  readonly analyzer: Analyzer;
  readonly session: AnalyzerSession;
  readonly linkedNames: ReadonlySet<string>;
}

interface Wanted {
  readonly by: Running;
  readonly linkTarget: boolean;
  /** Takes the file in pieces; absent where it is taken whole. */
  readonly sink?: FileSink;
  isDone?: boolean;
}

/**
 * Looks at each entry of a layer once for all analyzers.
 *
 * @throws StreamError (from `entry`) when a layer holds absurdly many whiteouts or links
 * @see OCI Image Specification, "Image Layer Filesystem Changeset"
 */
export function openTreeAnalyzer(analyzers: readonly Analyzer[]): TreeAnalyzer {
  const running = analyzers.map((analyzer): Running => {
    return { analyzer, session: analyzer.begin(), linkedNames: new Set(analyzer.linkedNames) };
  });
  /** Those whose files have usual places, to which links may lead. */
  const following = running.filter(({ analyzer }) => analyzer.usualPlaces ?? analyzer.linkedNames);
  const watchers = running.filter(({ session }) => session.entry !== undefined);
  const places = usualPlaces(analyzers);
  const ownership = openOwnership();
  // Which paths a layer holds matters only to findings that a mere change of the file puts an end to.
  const touched = analyzers.some(({ scanner }) => scanner === 'secret' || scanner === 'misconfiguration')
    ? openPathHashes()
    : undefined;
  const results = new Map<string, FileAnalysis[]>();
  const resultDirs = new Set<string>();
  const added = new Map<string, boolean>();
  const links = new Map<string, LinkEntry>();
  const replaced = new Set<string>();
  const directories = new Set<string>();
  const whiteouts = new Set<string>();
  const opaqueDirs = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const fruitless = new Set<string>();
  let refusedNames = 0;
  let wanted: readonly Wanted[] = [];
  let isAnswered = false;

  function note(diagnostic: Diagnostic): void {
    if (diagnostics.length < MAX_DIAGNOSTICS) diagnostics.push(diagnostic);
  }

  function remember(set: Set<string>, path: string): void {
    set.add(path);
    if (set.size > MAX_NOTED_PATHS) throw new StreamError(`more than ${MAX_NOTED_PATHS} whiteouts`);
  }

  function entry(entry: TarEntry): boolean | 'pieces' {
    wanted = [];
    isAnswered = false;
    const whiteout = whiteoutOf(entry.path);
    if (whiteout !== undefined) {
      if (whiteout.kind === 'file') remember(whiteouts, whiteout.path);
      else if (whiteout.kind === 'opaque') remember(opaqueDirs, whiteout.path);
      return false;
    }
    if (entry.path === '') return false;
    forget(entry);
    touched?.add(entry.path);
    for (const { analyzer, session } of watchers) {
      const result = attempt(analyzer, entry.path, () => session.entry?.(entry));
      if (result) keep(analyzer, entry.path, result, false);
    }
    if (entry.kind === 'directory') noteDirectory(entry.path);
    else if (entry.kind === 'symlink' || entry.kind === 'hardlink') noteLink(entry);
    else if (entry.kind === 'file') wanted = whoWants(entry);
    if (entry.kind !== 'directory' && wanted.length === 0) noteReplacement(entry.path);
    if (wanted.length === 0) return false;
    for (const ancestor of ancestorsOf(entry.path)) resultDirs.add(ancestor);
    return wanted.every(({ sink }) => sink) ? 'pieces' : true;
  }

  /** The last entry of a path wins; one that is no directory also ends what stood below it. */
  function forget({ path, kind }: TarEntry): void {
    links.delete(path);
    fruitless.delete(path);
    if (results.delete(path) || added.delete(path)) {
      dropDiagnostics((other) => other === path);
    }
    if (kind === 'directory' || !resultDirs.delete(path)) return;
    const below = `${path}/`;
    for (const other of [...results.keys(), ...added.keys()]) {
      if (!other.startsWith(below)) continue;
      results.delete(other);
      added.delete(other);
    }
    dropDiagnostics((other) => other.startsWith(below));
  }

  function dropDiagnostics(isGone: (path: string) => boolean): void {
    for (let i = diagnostics.length - 1; i >= 0; i--) {
      const path = diagnostics[i]?.path;
      if (path !== undefined && isGone(path)) diagnostics.splice(i, 1);
    }
  }

  function noteDirectory(path: string): void {
    if (places.isOnTheWay(path) || places.isPlace(path)) directories.add(path);
  }

  function noteReplacement(path: string): void {
    if (places.isOnTheWay(path) || places.isPlace(path)) replaced.add(path);
  }

  function noteLink(entry: TarEntry): void {
    const header = { path: entry.path, sizeBytes: 0, mode: entry.mode };
    const isOnTheWay = places.isOnTheWay(entry.path) || places.isPlace(entry.path);
    if (!isOnTheWay && !following.some(({ analyzer }) => analyzer.wants(header))) return;
    links.set(entry.path, {
      path: entry.path,
      target: entry.linkTarget ?? '',
      hard: entry.kind === 'hardlink',
    });
    if (links.size > MAX_NOTED_PATHS) throw new StreamError(`more than ${MAX_NOTED_PATHS} links`);
  }

  function whoWants(entry: TarEntry): Wanted[] {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const found: Wanted[] = [];
    for (const by of running) {
      const isWanted = by.analyzer.wants(entry);
      if (!isWanted && !by.linkedNames.has(name)) continue;
      if (!isWanted && (entry.sizeBytes > MAX_LINK_TARGET_BYTES || isBesideUsual(by, entry.path))) continue;
      const sink = by.session.open && attempt(by.analyzer, entry.path, () => by.session.open?.(entry));
      if (sink) {
        found.push({ by, linkTarget: !isWanted, sink });
        continue;
      }
      if (entry.sizeBytes > by.analyzer.maxFileBytes) {
        note(tooLarge(entry, by.analyzer));
        continue;
      }
      found.push({ by, linkTarget: !isWanted });
    }
    return found;
  }

  /** dpkg's `status-old` beside `status`: what a link could lead to has been read under its own name. */
  function isBesideUsual({ analyzer }: Running, path: string): boolean {
    const directory = path.slice(0, path.lastIndexOf('/') + 1);
    return (analyzer.usualPlaces ?? []).some(
      (place) =>
        place.startsWith(directory) &&
        !place.includes('/', directory.length) &&
        results.get(place)?.some((known) => known.analyzer === analyzer.id),
    );
  }

  function content(entry: TarEntry, content: Uint8Array): void {
    const file = { path: entry.path, sizeBytes: entry.sizeBytes, mode: entry.mode, content };
    for (const one of wanted) {
      if (one.sink) continue;
      const { by, linkTarget } = one;
      if (by.session.end) added.set(entry.path, linkTarget);
      const result = attempt(by.analyzer, entry.path, () => by.session.add(file));
      if (result) keep(by.analyzer, entry.path, result, linkTarget);
    }
    if (wanted.some(({ sink }) => sink)) {
      piece(entry, content);
      pieceEnd(entry);
    } else noteFruitless(entry.path);
  }

  function piece({ path }: TarEntry, bytes: Uint8Array): boolean {
    let isGoingOn = false;
    for (const one of wanted) {
      if (!one.sink || one.isDone) continue;
      const { sink } = one;
      one.isDone = attempt(one.by.analyzer, path, () => sink.write(bytes)) !== true;
      isGoingOn ||= !one.isDone;
    }
    return isGoingOn;
  }

  function pieceEnd({ path }: TarEntry): void {
    for (const { by, linkTarget, sink } of wanted) {
      if (!sink) continue;
      if (by.session.end) added.set(path, linkTarget);
      const result = attempt(by.analyzer, path, () => sink.end());
      if (result) keep(by.analyzer, path, result, linkTarget);
    }
    noteFruitless(path);
  }

  /** A file that was looked at in vain ends what a lower layer's file of that path told. */
  function noteFruitless(path: string): void {
    if (isAnswered || added.has(path)) return;
    if (wanted.some(({ by }) => by.analyzer.scanner === undefined)) fruitless.add(path);
  }

  function attempt<T>(analyzer: Analyzer, path: string | undefined, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      note({ code: 'ANALYZER_FAILED', by: analyzer.id, ...(path !== undefined && { path }), message });
      return undefined;
    }
  }

  function keep(analyzer: Analyzer, path: string, result: FileResult, linkTarget: boolean): void {
    const { diagnostics: told = [], installedFiles, ...rest } = result;
    const isEmpty = rest.os === undefined && rest.redHatBuild === undefined && !rest.packages?.length;
    // A file elsewhere that only shares its name with a database is nobody's business.
    if (linkTarget && isEmpty && !installedFiles) return;
    if (installedFiles) ownership.add(path, installedFiles);
    isAnswered = true;
    for (const diagnostic of told) note({ ...diagnostic, by: analyzer.id, path });
    const analysis: FileAnalysis = {
      path,
      analyzer: analyzer.id,
      ...rest,
      ...(linkTarget && { linkTarget }),
    };
    const saysNothing = Object.keys(analysis).length === 2;
    if (saysNothing && installedFiles) return;
    const known = results.get(path);
    if (known) known.push(analysis);
    else results.set(path, [analysis]);
  }

  function finishSessions(): void {
    for (const { analyzer, session } of running) {
      const late = session.end && attempt(analyzer, undefined, () => session.end?.());
      for (const [path, result] of late ?? []) {
        const linkTarget = added.get(path);
        if (linkTarget !== undefined) keep(analyzer, path, result, linkTarget);
      }
    }
    if (refusedNames > 0) {
      const message = `${refusedNames} entries were left out because their names lead out of the root file system`;
      note({ code: 'ENTRY_NAMES_REFUSED', by: 'tar', message });
    }
  }

  return {
    entry,
    content,
    piece,
    pieceEnd,
    refused: () => void refusedNames++,
    finish() {
      finishSessions();
      return {
        files: ownership.mark([...results.values()].flat()),
        links: [...links.values()],
        whiteouts: [...whiteouts],
        opaqueDirs: [...opaqueDirs],
        replaced: [...replaced, ...fruitless],
        directories: [...directories],
        ...(touched && { touched: touched.encode() }),
        diagnostics,
      };
    },
  };
}

function tooLarge(entry: TarEntry, analyzer: Analyzer): Diagnostic {
  const message = `${entry.sizeBytes} bytes, more than the ${analyzer.maxFileBytes} that are read of such a file`;
  return { code: 'FILE_TOO_LARGE', by: analyzer.id, path: entry.path, message };
}
