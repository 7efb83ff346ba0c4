import type { Diagnostic, FileAnalysis, LayerAnalysis, LinkEntry } from '../model/analysis.ts';
import type { TarEntry, TarVisitor } from '../codec/tar/walker.ts';
import { StreamError } from '../codec/stream-error.ts';
import {
  WHOLE_LAYER,
  type Analyzer,
  type AnalyzerSession,
  type FileResult,
  type FileSink,
} from './analyzer.ts';
import { openOwnership } from './ownership.ts';
import { openPathHashes } from './path-hashes.ts';
import { openTreeResults } from './tree-results.ts';
import { usualPlaces } from './usual-places.ts';
import { whiteoutOf } from './whiteout.ts';

/** What a layer's tar says, before its digests are known. */
export type LayerContents = Omit<LayerAnalysis, 'schema' | 'diffId' | 'analyzers' | 'sizeBytes'>;

/** Takes the entries of one tree in any order; a tar walker or a directory walk brings them. */
export interface TreeAnalyzer extends Required<TarVisitor> {
  /** What was learnt. Call once, when all entries have been brought. */
  finish(): LayerContents;
}

/** Bounds what one layer can make us remember. */
const MAX_ENTRIES = 10_000_000;
const MAX_NOTED_PATHS = 1_000_000;
const MAX_NOTED_CHARS = 64 << 20;
/** Files that are only taken for their name (a link may lead to them) are not worth more memory. */
const MAX_LINK_TARGET_BYTES = 32 << 20;
/** Files with holes are laid out in memory, whoever takes them. */
const MAX_SPARSE_BYTES = 64 << 20;

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
 * @throws StreamError (from `entry`) when a layer holds absurdly many entries, whiteouts or links
 * @see OCI Image Specification, "Image Layer Filesystem Changeset"
 */
export function openTreeAnalyzer(analyzers: readonly Analyzer[]): TreeAnalyzer {
  const running = analyzers.map((analyzer): Running => {
    return { analyzer, session: analyzer.begin(), linkedNames: new Set(analyzer.linkedNames) };
  });
  const mayWant = openEndingIndex(running);
  /** Those whose files have usual places, to which links may lead. */
  const following = running.filter(({ analyzer }) => analyzer.usualPlaces ?? analyzer.linkedNames);
  const watchers = running.filter(({ session }) => session.entry !== undefined);
  const places = usualPlaces(analyzers);
  const ownership = openOwnership();
  const results = openTreeResults();
  const links = new Map<string, LinkEntry>();
  const heldFiles = openPathHashes();
  const heldDirectories = openPathHashes();
  const whiteouts = new Set<string>();
  const opaqueDirs = new Set<string>();
  let notedChars = 0;
  let refusedNames = 0;
  let wanted: readonly Wanted[] = [];

  function entry(entry: TarEntry): boolean | 'pieces' {
    wanted = [];
    const whiteout = whiteoutOf(entry.path);
    if (whiteout !== undefined) {
      if (whiteout.kind === 'ignored') return false;
      const paths = whiteout.kind === 'file' ? whiteouts : opaqueDirs;
      if (!paths.has(whiteout.path)) bound(whiteout.path.length);
      paths.add(whiteout.path);
      return false;
    }
    if (entry.path === '') return false;
    forget(entry);
    const held = entry.kind === 'directory' ? heldDirectories : heldFiles;
    held.add(entry.path);
    if (held.size > MAX_ENTRIES) throw new StreamError(`more than ${MAX_ENTRIES} entries`);
    for (const { analyzer, session } of watchers) {
      const result = attempt(analyzer, entry.path, () => session.entry?.(entry));
      if (result) keep(analyzer, entry.path, result, false);
    }
    if (entry.kind === 'symlink' || entry.kind === 'hardlink') noteLink(entry);
    else if (entry.kind === 'file') wanted = whoWants(entry);
    if (wanted.length === 0) return false;
    return wanted.every(({ sink }) => sink) ? 'pieces' : true;
  }

  /** The last entry of a path wins; one that is no directory also ends what stood below it. */
  function forget({ path, kind }: TarEntry): void {
    links.delete(path);
    ownership.forget(path);
    results.forget(path, kind !== 'directory');
  }

  function bound(chars: number): void {
    notedChars += chars;
    if (notedChars > MAX_NOTED_CHARS || whiteouts.size + opaqueDirs.size + links.size > MAX_NOTED_PATHS)
      throw new StreamError('absurdly many whiteouts and links');
  }

  function noteLink({ path, mode, kind, linkTarget = '' }: TarEntry): void {
    const isOnTheWay = places.isOnTheWay(path) || places.isPlace(path);
    const header = { path, sizeBytes: 0, mode };
    if (!isOnTheWay && !following.some(({ analyzer }) => analyzer.wants(header))) return;
    bound(path.length + linkTarget.length);
    links.set(path, { path, target: linkTarget, hard: kind === 'hardlink' });
  }

  function whoWants(entry: TarEntry): Wanted[] {
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const found: Wanted[] = [];
    for (const by of mayWant(entry.path)) {
      const isWanted = by.analyzer.wants(entry);
      if (!isWanted && !by.linkedNames.has(name)) continue;
      if (!isWanted && (entry.sizeBytes > MAX_LINK_TARGET_BYTES || isBesideUsual(by, entry.path))) continue;
      const linkTarget = !isWanted;
      const isHeldWhole = entry.isSparse && entry.sizeBytes > MAX_SPARSE_BYTES;
      const sink =
        by.session.open && !isHeldWhole
          ? attempt(by.analyzer, entry.path, () => by.session.open?.(entry))
          : undefined;
      if (sink) found.push({ by, linkTarget, sink });
      else if (isHeldWhole || entry.sizeBytes > by.analyzer.maxFileBytes)
        results.note(tooLarge(entry, by.analyzer));
      else found.push({ by, linkTarget });
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
        results.of(place)?.some((known) => known.analyzer === analyzer.id),
    );
  }

  function content(entry: TarEntry, content: Uint8Array): void {
    const file = { path: entry.path, sizeBytes: entry.sizeBytes, mode: entry.mode, content };
    for (const { by, linkTarget, sink } of wanted) {
      if (sink) continue;
      answer(by, entry.path, linkTarget, () => by.session.add(file));
    }
    if (!wanted.some(({ sink }) => sink)) return;
    piece(entry, content);
    pieceEnd(entry);
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
      if (sink) answer(by, path, linkTarget, () => sink.end());
    }
  }

  function answer(
    { analyzer, session }: Running,
    path: string,
    linkTarget: boolean,
    ask: () => FileResult | undefined,
  ): void {
    if (session.end) results.await(path, linkTarget);
    const result = attempt(analyzer, path, ask);
    if (result) keep(analyzer, path, result, linkTarget);
  }

  function attempt<T>(analyzer: Analyzer, path: string | undefined, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      results.note({
        code: 'ANALYZER_FAILED',
        by: analyzer.id,
        ...(path !== undefined && { path }),
        message,
      });
      return undefined;
    }
  }

  function keep(analyzer: Analyzer, path: string, result: FileResult, linkTarget: boolean): void {
    const { diagnostics = [], installedFiles, ...facts } = result;
    const isEmpty = facts.os === undefined && facts.redHatBuild === undefined && !facts.packages?.length;
    // A file elsewhere that only shares its name with a database is nobody's business.
    if (linkTarget && isEmpty && !installedFiles) return;
    for (const diagnostic of diagnostics) results.note({ ...diagnostic, by: analyzer.id, path });
    if (installedFiles) ownership.add(path, installedFiles);
    if (installedFiles && Object.keys(facts).length === 0) return;
    const analysis: FileAnalysis = { path, analyzer: analyzer.id, ...facts };
    results.keep(linkTarget ? { ...analysis, linkTarget } : analysis);
  }

  function finishSessions(): void {
    for (const { analyzer, session } of running) {
      const late = session.end && attempt(analyzer, undefined, () => session.end?.());
      for (const diagnostic of late?.get(WHOLE_LAYER)?.diagnostics ?? [])
        results.note({ ...diagnostic, by: analyzer.id });
      for (const [path, result] of late ?? []) {
        const linkTarget = results.awaited(path);
        if (linkTarget !== undefined) keep(analyzer, path, result, linkTarget);
      }
    }
    if (refusedNames > 0) {
      const message = `${refusedNames} entries were left out because their names lead out of the root file system`;
      results.note({ code: 'ENTRY_NAMES_REFUSED', by: 'tar', message });
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
        files: ownership.mark(results.files()),
        links: [...links.values()],
        whiteouts: [...whiteouts],
        opaqueDirs: [...opaqueDirs],
        held: { files: heldFiles.encode(), directories: heldDirectories.encode() },
        diagnostics: results.diagnostics(),
      };
    },
  };
}

/** Most files end like none that anybody wants: told by the last character, before anybody is asked. */
function openEndingIndex(running: readonly Running[]): (path: string) => readonly Running[] {
  const byLastUnit = new Map<number, readonly Running[]>();
  return (path) => {
    const unit = path.charCodeAt(path.length - 1);
    const known = byLastUnit.get(unit);
    if (known) return known;
    const those = running.filter(({ analyzer: { endings } }) => {
      return endings === undefined || endings.some((ending) => ending.charCodeAt(ending.length - 1) === unit);
    });
    byLastUnit.set(unit, those);
    return those;
  };
}

function tooLarge({ path, sizeBytes }: TarEntry, { id, maxFileBytes }: Analyzer): Diagnostic {
  const limit = Math.min(maxFileBytes, sizeBytes > maxFileBytes ? maxFileBytes : MAX_SPARSE_BYTES);
  const message = `${sizeBytes} bytes, more than the ${limit} that are read of such a file`;
  return { code: 'FILE_TOO_LARGE', by: id, path, message };
}
