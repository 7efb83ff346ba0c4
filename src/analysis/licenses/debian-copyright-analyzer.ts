import { linkTargetPath } from '../../codec/tar/path.ts';
import type { LicenseClue } from '../../model/analysis.ts';
import type { Analyzer, AnalyzerSession, EntryHeader, FileResult, LayerFile } from '../analyzer.ts';
import { parseDebianCopyright } from './debian-copyright.ts';
import type { LicenseClassifier } from './text/classify.ts';

const ROOT = 'usr/share/doc/';
const FILE = '/copyright';
const MAX_FILE_BYTES = 4 << 20;
const MAX_LINKS = 100_000;

/**
 * Licences of Debian packages, which their database does not tell. Packages of one source often share a directory of
 * documentation by a link; such a link is followed within its layer. A file that states nothing is classified by its
 * text.
 */
export function debianCopyrightAnalyzer(classify: LicenseClassifier['classify']): Analyzer {
  return {
    id: 'debian-copyright',
    reads: 'usr/share/doc/*/copyright',
    version: 1,
    appliesTo: 'installed',
    scanner: 'license',
    maxFileBytes: MAX_FILE_BYTES,
    wants: ({ path }) => packageOf(path) !== undefined,
    begin: () => openSession((content) => cluesIn(content, classify)),
  };
}

/** `usr/share/doc/NAME/copyright`, not deeper. */
function packageOf(path: string): string | undefined {
  if (!path.startsWith(ROOT) || !path.endsWith(FILE)) return undefined;
  const name = path.slice(ROOT.length, -FILE.length);
  return name === '' || name.includes('/') ? undefined : name;
}

function openSession(read: (content: Uint8Array) => LicenseClue[]): AnalyzerSession {
  /** Packages whose directory is a link, by the one that it leads to. */
  const sharers = new Map<string, string[]>();
  const stated = new Map<string, readonly LicenseClue[]>();
  let links = 0;

  function entry({ kind, path, linkTarget }: EntryHeader): undefined {
    if (kind !== 'symlink' || !path.startsWith(ROOT) || links > MAX_LINKS) return;
    const name = path.endsWith(FILE) ? packageOf(path) : path.slice(ROOT.length);
    const target = linkTargetPath(path, linkTarget ?? '');
    const sharer = path.endsWith(FILE) ? packageOf(target) : target.slice(ROOT.length);
    if (!name || !sharer || name.includes('/') || sharer.includes('/') || !target.startsWith(ROOT)) return;
    links++;
    const known = sharers.get(sharer);
    if (known) known.push(name);
    else sharers.set(sharer, [name]);
  }

  function add(file: LayerFile): undefined {
    const packageName = packageOf(file.path);
    if (packageName === undefined) return;
    const clues = read(file.content).map((clue) => ({ ...clue, packageName }));
    if (clues.length > 0) stated.set(file.path, clues);
  }

  function* namesFor(name: string): Iterable<string> {
    const seen = new Set([name]);
    // Names added on the way are visited too: a link may lead to a link.
    for (const one of seen) {
      yield one;
      for (const sharer of sharers.get(one) ?? []) seen.add(sharer);
    }
  }

  function end(): ReadonlyMap<string, FileResult> {
    const results = new Map<string, FileResult>();
    for (const [path, clues] of stated) {
      const names = [...namesFor(packageOf(path) ?? '')];
      results.set(path, {
        licenses: names.flatMap((packageName) => clues.map((clue) => ({ ...clue, packageName }))),
      });
    }
    return results;
  }
  return { entry, add, end };
}

/** Where no licence is stated by name, its text is looked at. */
function cluesIn(content: Uint8Array, classify: LicenseClassifier['classify']): LicenseClue[] {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('utf8');
  const stated = parseDebianCopyright(text);
  if (stated.length > 0) return stated.map((name) => ({ name, confidence: 1 }));
  return classify(text);
}
