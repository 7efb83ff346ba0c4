import { fateOf } from './file-owners.ts';
import type { ApkUnpacking, ApkUpgrade } from './unpacking.ts';

/** Why a package's files cannot be laid over the image; as a sentence for people. */
export function conflictOf(
  upgrade: ApkUpgrade,
  all: readonly ApkUpgrade[],
  { owners, tree }: Pick<ApkUnpacking, 'owners' | 'tree'>,
): string | undefined {
  const { name } = upgrade.installed;
  for (const { path, type } of upgrade.file.payload) {
    const there = tree.entry(tree.place(path) ?? '');
    // A link that leads nowhere yet, for a volume, is no folder either.
    if (type === 'directory' && there && tree.resolve(path)?.type !== 'directory')
      return `/${path} of ${name} is a folder, but no folder is there`;
    if (type === 'directory') continue;
    if (there?.type === 'directory') return `/${path} of ${name} is a folder in the image`;
    const owner = owners.get(path)?.pkg;
    if (!owner || fateOf(upgrade, owner) !== 'conflict' || isGivenUp(path, owner.name, upgrade, all))
      continue;
    return `/${path} of ${name} belongs to ${owner.name} ${owner.version}`;
  }
  return undefined;
}

/** Packages of one origin may hand files to each other. */
function isGivenUp(path: string, owner: string, { update }: ApkUpgrade, all: readonly ApkUpgrade[]): boolean {
  const next = all.find(
    (each) => each.installed.name === owner && each.update.source.name === update.source.name,
  );
  return next !== undefined && !next.file.payload.some((entry) => entry.path === path);
}
