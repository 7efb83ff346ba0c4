import { DrydockError } from '../../../base/errors.ts';
import type { Signal } from '../../../base/signal.ts';
import { groupBy } from '../../plan/group-by.ts';
import { parseAccounts, type Accounts } from '../../embedded/database/accounts.ts';
import type { RootView } from '../../root/root-view.ts';
import { parseInstalled, type InstalledApk } from './record.ts';
import { formOf, parseScripts, type RecordedScript, type ScriptsForm } from './scripts-archive.ts';
import { parseTriggers, type Trigger } from './triggers.ts';

/** What apk knows of an image. */
export interface ApkDatabase {
  /** The folder that holds it. */
  readonly folder: string;
  readonly packages: readonly InstalledApk[];
  /** By the identity of the package. */
  readonly scripts: ReadonlyMap<string, readonly RecordedScript[]>;
  /** Absent where there is none yet. */
  readonly scriptsPath?: string;
  readonly scriptsForm: ScriptsForm;
  readonly triggers: readonly Trigger[];
  /** Names of packages that are wanted, as written, with pins. */
  readonly world: readonly string[];
  readonly architecture: string;
  readonly accounts: Accounts;
  /** Lines of the files below `etc/apk/protected_paths.d`. */
  readonly protectedPaths: readonly string[];
  /** Of records that cannot be read. */
  readonly problems: readonly string[];
}

/** Where it is, and where it is once all is below `usr`. */
const APK_FOLDERS: readonly string[] = ['lib/apk/db', 'usr/lib/apk/db'];
const MAX_BYTES = 256 << 20;

/** The folder of apk's database, or undefined for an image that has none. */
export function apkFolder(root: Pick<RootView, 'resolve'>): string | undefined {
  return APK_FOLDERS.find((folder) => isFile(root, `${folder}/installed`));
}

function isFile(root: Pick<RootView, 'resolve'>, path: string): boolean {
  const type = root.resolve(path)?.type;
  return type === 'file' || type === 'hardlink';
}

/**
 * Reads apk's database; undefined for an image that has none.
 *
 * @throws DrydockError PATCH_UNSUPPORTED for one that cannot be read, and what the view throws
 */
export async function readApkDatabase(root: RootView, { signal }: Signal): Promise<ApkDatabase | undefined> {
  const folder = apkFolder(root);
  if (folder === undefined) return undefined;
  const lists = root
    .list('etc/apk/protected_paths.d')
    .filter((name) => name.endsWith('.list'))
    .map((name) => `etc/apk/protected_paths.d/${name}`);
  const scriptsPath = ['scripts.tar', 'scripts.tar.gz']
    .map((name) => `${folder}/${name}`)
    .find((path) => isFile(root, path));
  const single = [
    `${folder}/installed`,
    `${folder}/triggers`,
    'etc/apk/world',
    'etc/apk/arch',
    'etc/passwd',
    'etc/group',
  ];
  const wanted = [...single, ...lists, ...(scriptsPath === undefined ? [] : [scriptsPath])];
  const files = await root.read(
    wanted.filter((path) => isFile(root, path)),
    { maxBytes: MAX_BYTES, signal },
  );
  const text = (path: string): string => Buffer.from(files.get(path) ?? '').toString('utf8');
  const { packages, problems } = parseInstalled(text(`${folder}/installed`));
  const archive = scriptsPath === undefined ? undefined : files.get(scriptsPath);
  return {
    folder,
    packages,
    problems,
    scripts: groupBy(
      archive ? await readScripts(archive, scriptsPath?.endsWith('.gz') === true, packages) : [],
      ({ identity }) => identity,
    ),
    ...(scriptsPath !== undefined && { scriptsPath }),
    scriptsForm: formOf(archive ?? new Uint8Array(), scriptsPath?.endsWith('.gz') === true),
    triggers: parseTriggers(text(`${folder}/triggers`)),
    world: text('etc/apk/world')
      .split(/\s+/)
      .filter((word) => word !== ''),
    architecture: archOf(text('etc/apk/arch'), packages),
    accounts: parseAccounts(text('etc/passwd'), text('etc/group')),
    protectedPaths: lists.flatMap((path) => text(path).split('\n')),
  };
}

async function readScripts(
  archive: Uint8Array,
  isCompressed: boolean,
  packages: readonly InstalledApk[],
): Promise<RecordedScript[]> {
  try {
    return await parseScripts(
      archive,
      isCompressed,
      packages.map(({ identity }) => identity),
    );
  } catch (cause) {
    throw new DrydockError('PATCH_UNSUPPORTED', "the scripts of the image's packages cannot be read", {
      cause,
    });
  }
}

/** The first of `etc/apk/arch`; images without it are of the architecture of their packages. */
function archOf(text: string, packages: readonly InstalledApk[]): string {
  const [written = ''] = text.trim().split(/\s+/);
  if (/^[a-z0-9_]{1,32}$/.test(written)) return written;
  return (
    packages.map(({ architecture }) => architecture).find((name) => name !== '' && name !== 'noarch') ?? ''
  );
}
