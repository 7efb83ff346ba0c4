import { createHash } from 'node:crypto';
import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import { divert } from '../database/diversions.ts';
import { parseMd5sums, textOf, type Database } from '../database/installed.ts';
import type { MergedTree } from '../unpack/merged-tree.ts';
import type { Unpacked } from '../unpack/unpacking.ts';
import type { Problem } from './problem.ts';

export interface PayloadChecking extends Signal {
  readonly before: RootView;
  readonly after: MergedTree;
  readonly database: Database;
  readonly unpacked: readonly Unpacked[];
  /** Of files as they were. */
  readonly known: ReadonlyMap<string, { readonly md5: string }>;
}

/** As `dpkg --verify`: what each package says of its files is so, but for conffiles and what the image leaves out. */
export async function checkPayload({
  before,
  after,
  database,
  unpacked,
  known,
  signal,
}: PayloadChecking): Promise<Problem[]> {
  const problems: Problem[] = [];
  const unchanged: { place: string; sum: string; path: string; name: string }[] = [];
  for (const { upgrade, filtered, conffiles } of unpacked) {
    const { name } = upgrade.installed;
    const skipped = new Set([...filtered, ...conffiles.map(({ path }) => path)]);
    const taken = new Set(upgrade.file.payload.map(({ path }) => path));
    for (const [path, sum] of parseMd5sums(textOf(upgrade.file.info.get('md5sums')?.content))) {
      if (skipped.has(`/${path}`) || !taken.has(path)) continue;
      const place = after.resolve(divert(`/${path}`, name, database.diversions).slice(1))?.path;
      const content = place === undefined ? undefined : contentAt(after, place);
      if (place === undefined) problems.push({ path, text: `/${path} of ${name} would be missing` });
      else if (content === undefined) unchanged.push({ place, sum, path, name });
      else if (createHash('md5').update(content).digest('hex') !== sum)
        problems.push({ path, text: `/${path} of ${name} would not be what its package says` });
    }
  }
  const unknown = new Set(unchanged.map(({ place }) => place).filter((place) => !known.has(place)));
  const sums =
    unknown.size === 0 ? known : new Map([...known, ...(await before.digests(unknown, { signal }))]);
  for (const { place, sum, path, name } of unchanged)
    if (sums.get(place)?.md5 !== sum)
      problems.push({ path, text: `/${path} of ${name} would not be what its package says` });
  return problems;
}

function contentAt(after: MergedTree, place: string): Uint8Array | undefined {
  const written = after.written(place);
  return written?.type === 'hardlink' ? after.written(written.target ?? '')?.content : written?.content;
}
