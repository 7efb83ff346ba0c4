import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import { divert } from '../database/diversions.ts';
import { textOf, type Database } from '../database/installed.ts';
import type { FileDigests, Upgrade } from './unpacking.ts';

/** Of all files of the image that the upgrades bring again, of their conffiles, and of `others`, read in one go. */
export async function digestsFor(
  root: RootView,
  { diversions }: Database,
  upgrades: readonly Upgrade[],
  others: readonly string[],
  { signal }: Signal,
): Promise<ReadonlyMap<string, FileDigests>> {
  const wanted = new Set<string>();
  const add = (path: string | undefined): void => {
    const type = path === undefined ? undefined : root.entry(path)?.type;
    if (path !== undefined && (type === 'file' || type === 'hardlink')) wanted.add(path);
  };
  for (const path of others) add(root.resolve(path)?.path);
  for (const { installed, file } of upgrades) {
    for (const { path, type } of file.payload) {
      if (type !== 'file' && type !== 'hardlink') continue;
      add(root.place(divert(`/${path}`, installed.name, diversions).slice(1)));
    }
    const named = textOf(file.info.get('conffiles')?.content)
      .split('\n')
      .map((line) => line.slice(line.indexOf('/')).trim());
    for (const path of [...named, ...installed.conffiles.map((record) => record.path)])
      if (path.startsWith('/')) add(root.resolve(divert(path, installed.name, diversions).slice(1))?.path);
  }
  return root.digests(wanted, { signal });
}
