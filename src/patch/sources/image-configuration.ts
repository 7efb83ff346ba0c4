import type { Signal } from '../../base/signal.ts';
import type { RootView } from '../root/root-view.ts';
import type { AptSource } from './apt-source.ts';
import { parseAuthConf, type ArchiveLogin } from './auth-conf.ts';
import { parseDeb822Sources } from './deb822-sources.ts';
import { parseOneLineSources } from './one-line-sources.ts';
import { parsePreferences, type Pin } from './preferences.ts';

/** What an image says of where its packages come from. */
export interface AptConfiguration {
  readonly sources: readonly AptSource[];
  readonly pins: readonly Pin[];
  readonly logins: readonly ArchiveLogin[];
  /** `APT::Default-Release`. */
  readonly defaultRelease?: string;
  /** By path; those that are trusted for every source that names none. */
  readonly trustedKeyrings: ReadonlyMap<string, Uint8Array>;
  /** By path; those that a source may name. */
  readonly namedKeyrings: ReadonlyMap<string, Uint8Array>;
  readonly notes: readonly string[];
}

const MAX_FILE_BYTES = 4 << 20;
const MAX_FILES = 1_000;
const KEY_FOLDERS = ['usr/share/keyrings', 'etc/apt/keyrings'];

/** Reads apt's files of an image. @throws DrydockError what the view throws */
export async function readAptConfiguration(root: RootView, options: Signal): Promise<AptConfiguration> {
  const notes: string[] = [];
  const note = (text: string): void => void notes.push(text);
  const below = (folder: string, pattern: RegExp): string[] =>
    root
      .list(folder)
      .filter((name) => pattern.test(name))
      .map((name) => `${folder}/${name}`);
  const paths = {
    sources: [
      'etc/apt/sources.list',
      ...below('etc/apt/sources.list.d', /^[A-Za-z0-9_.-]+\.(list|sources)$/),
    ],
    pins: ['etc/apt/preferences', ...below('etc/apt/preferences.d', /^[A-Za-z0-9_-]+(\.pref)?$/)],
    logins: ['etc/apt/auth.conf', ...below('etc/apt/auth.conf.d', /^[A-Za-z0-9_-]+(\.conf)?$/)],
    settings: [...below('etc/apt/apt.conf.d', /^[A-Za-z0-9_-]+(\.conf)?$/), 'etc/apt/apt.conf'],
    trusted: ['etc/apt/trusted.gpg', ...below('etc/apt/trusted.gpg.d', /\.(gpg|asc)$/)],
    named: KEY_FOLDERS.flatMap((folder) => below(folder, /\.(gpg|asc|pgp)$/)),
  };
  const texts = await readFiles(root, Object.values(paths).flat(), options, note);
  const sources = textsOf(texts, paths.sources).flatMap(([path, text]) =>
    (path.endsWith('.sources') ? parseDeb822Sources : parseOneLineSources)(text, path, note),
  );
  // A key may lie anywhere: where a source says.
  const elsewhere = sources.flatMap(({ signedBy }) => (signedBy?.kind === 'files' ? signedBy.paths : []));
  const named = new Set([...paths.named, ...elsewhere]);
  const keys = await readFiles(
    root,
    [...named].filter((path) => !texts.has(path)),
    options,
    note,
  );
  const defaultRelease = textsOf(texts, paths.settings)
    .map(([, text]) => /^\s*APT::Default-Release\s+"([^"\n]*)"\s*;/im.exec(text)?.[1])
    .findLast((found) => found);
  return {
    sources,
    pins: textsOf(texts, paths.pins).flatMap(([path, text]) => parsePreferences(text, path, note)),
    logins: textsOf(texts, paths.logins).flatMap(([, text]) => parseAuthConf(text)),
    ...(defaultRelease !== undefined && { defaultRelease }),
    trustedKeyrings: only(texts, paths.trusted),
    namedKeyrings: new Map([...only(texts, paths.trusted), ...only(texts, paths.named), ...keys]),
    notes,
  };
}

async function readFiles(
  root: RootView,
  paths: readonly string[],
  { signal }: Signal,
  note: (text: string) => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const wanted = [...new Set(paths)].filter((path) => {
    const entry = root.resolve(path);
    if (entry?.type !== 'file' && entry?.type !== 'hardlink') return false;
    if (entry.sizeBytes > MAX_FILE_BYTES) note(`${path} is too large to be read`);
    return entry.sizeBytes <= MAX_FILE_BYTES;
  });
  if (wanted.length > MAX_FILES)
    note(`only ${MAX_FILES} of ${wanted.length} files of apt's settings are read`);
  return root.read(wanted.slice(0, MAX_FILES), { maxBytes: MAX_FILE_BYTES, signal });
}

function textsOf(
  files: ReadonlyMap<string, Uint8Array>,
  paths: readonly string[],
): (readonly [path: string, text: string])[] {
  return [...only(files, paths)].map(([path, bytes]) => [path, Buffer.from(bytes).toString('utf8')] as const);
}

/** In the order of the paths. */
function only<T>(files: ReadonlyMap<string, T>, paths: readonly string[]): ReadonlyMap<string, T> {
  return new Map(
    paths.flatMap((path) => {
      const file = files.get(path);
      return file === undefined ? [] : [[path, file] as const];
    }),
  );
}
