import type { Signal } from '../../../base/signal.ts';
import { readOsRelease } from '../../plan/plan-patch.ts';
import type { RootView } from '../../root/root-view.ts';
import { defaultRepositories, parseRepositories, type ApkRepository } from './repositories.ts';

/** What an image says of where its packages come from. */
export interface ApkConfiguration {
  readonly repositories: readonly ApkRepository[];
  /** Public keys by the name that signatures call them by. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly notes: readonly string[];
}

const REPOSITORIES = 'etc/apk/repositories';
const MORE_REPOSITORIES = 'etc/apk/repositories.d';
const KEYS = 'etc/apk/keys';
const MAX_FILE_BYTES = 1 << 20;
const MAX_FILES = 1_000;

/** Reads apk's files of an image. @throws DrydockError what the view throws */
export async function readApkConfiguration(root: RootView, options: Signal): Promise<ApkConfiguration> {
  const notes: string[] = [];
  const lists = root.list(MORE_REPOSITORIES).filter((name) => name.endsWith('.list'));
  const sources = [REPOSITORIES, ...lists.map((name) => `${MORE_REPOSITORIES}/${name}`)];
  const keys = root
    .list(KEYS)
    .filter((name) => name.endsWith('.pub'))
    .map((name) => `${KEYS}/${name}`);
  const wanted = [...sources, ...keys].slice(0, MAX_FILES).filter((path) => {
    const entry = root.resolve(path);
    return (entry?.type === 'file' || entry?.type === 'hardlink') && entry.sizeBytes <= MAX_FILE_BYTES;
  });
  const files = await root.read(wanted, { maxBytes: MAX_FILE_BYTES, signal: options.signal });
  const own = sources.flatMap((path) =>
    parseRepositories(Buffer.from(files.get(path) ?? '').toString('utf8'), path, (text) => notes.push(text)),
  );
  return {
    repositories: own.length > 0 ? own : defaultRepositories(await readOsRelease(root, options)),
    keys: new Map(
      keys.flatMap((path) => {
        const content = files.get(path);
        return content ? [[path.slice(path.lastIndexOf('/') + 1), content] as const] : [];
      }),
    ),
    notes,
  };
}
