import type { Signal } from '../../../base/signal.ts';
import type { MergedTree } from '../../embedded/unpack/merged-tree.ts';
import { parseAccounts, type Accounts } from '../../embedded/database/accounts.ts';
import type { RootEntry, RootView } from '../../root/root-view.ts';
import { DrydockError } from '../../../base/errors.ts';
import type { ApkUnpacking } from '../unpack/unpacking.ts';
import type { AccountWish } from './account-lines.ts';
import { makeAccounts, type AccountFiles } from './accounts.ts';

const PATHS = {
  passwd: 'etc/passwd',
  group: 'etc/group',
  shadow: 'etc/shadow',
  shells: 'etc/shells',
} as const;
const MAX_BYTES = 16 << 20;

/** The accounts of an image as they are now, files written in this run among them. */
export async function readAccounts(
  root: RootView,
  { signal }: Signal,
  tree?: MergedTree,
): Promise<AccountFiles> {
  const there = Object.values(PATHS).filter((path) => isFile(root.resolve(path)));
  const files = await root.read(there, { maxBytes: MAX_BYTES, signal });
  const text = (path: string): string | undefined => {
    const content = tree?.written(tree.resolve(path)?.path ?? path)?.content ?? files.get(path);
    return content && Buffer.from(content).toString('utf8');
  };
  const [shadow, shells] = [text(PATHS.shadow), text(PATHS.shells)];
  return {
    passwd: text(PATHS.passwd) ?? '',
    group: text(PATHS.group) ?? '',
    ...(shadow !== undefined && { shadow }),
    ...(shells !== undefined && { shells }),
  };
}

function isFile(entry: RootEntry | undefined): entry is RootEntry {
  return entry?.type === 'file' || entry?.type === 'hardlink';
}

/** Who is known once the wishes are fulfilled. */
export async function accountsAfter(
  root: RootView,
  wishes: readonly AccountWish[],
  { signal }: Signal,
): Promise<Accounts> {
  const made = makeAccounts(await readAccounts(root, { signal }), wishes, 0);
  if ('refusal' in made) throw new DrydockError('PATCH_VERIFY_FAILED', made.refusal);
  return parseAccounts(made.files.passwd, made.files.group);
}

const SECONDS_A_DAY = 86_400;

/** Fulfils the wishes; files that change keep the owner and mode that they have. */
export async function writeAccounts(
  root: RootView,
  { tree, derived }: Pick<ApkUnpacking, 'tree' | 'derived'>,
  wishes: readonly AccountWish[],
  sourceDateEpoch: number,
  { signal }: Signal,
): Promise<void> {
  if (wishes.length === 0) return;
  const before = await readAccounts(root, { signal }, tree);
  const after = makeAccounts(before, wishes, Math.floor(sourceDateEpoch / SECONDS_A_DAY));
  if ('refusal' in after) throw new DrydockError('PATCH_VERIFY_FAILED', after.refusal);
  for (const key of ['passwd', 'group', 'shadow', 'shells'] as const) {
    const [path, text] = [PATHS[key], after.files[key]];
    const entry = tree.resolve(path);
    if (text === undefined || text === before[key] || !isFile(entry)) continue;
    const { mode, uid, gid, xattrs } = entry;
    const common = { kind: 'write', path: entry.path, type: 'file', mode, uid, gid, xattrs } as const;
    tree.write({ ...common, mtime: sourceDateEpoch, content: Buffer.from(text) });
    derived.add(entry.path);
  }
}
