import { apk } from '../../../versions/apk.ts';
import { wordsOf, infoOf, type PackageInfo } from '../archive/package-info.ts';
import type { InstalledApk } from '../database/record.ts';
import { holdsFor, parseRelation } from '../plan/relations.ts';
import type { ApkUpgrade } from './unpacking.ts';

type Fate = 'taken' | 'left' | 'conflict';
type Other = Pick<InstalledApk, 'name' | 'version' | 'replaces' | 'replacesPriority'>;

/** It is asked of each file anew, and the lists of replaced packages may be long. */
const FATES = new WeakMap<ApkUpgrade, WeakMap<Other, Fate>>();

/** What becomes of a file that another package has: it is taken over, left to that one, or both cannot be. */
export function fateOf(upgrade: ApkUpgrade, other: Other): Fate {
  const known = FATES.get(upgrade) ?? new WeakMap<Other, Fate>();
  FATES.set(upgrade, known);
  const fate = known.get(other) ?? findFate(upgrade, other);
  known.set(other, fate);
  return fate;
}

/** A package as the database has it once it is replaced. */
export function replaced({ installed, file }: ApkUpgrade): InstalledApk {
  return {
    ...installed,
    version: infoOf(file.info, 'pkgver'),
    depends: wordsOf(file.info, 'depend'),
    provides: wordsOf(file.info, 'provides'),
    installIf: wordsOf(file.info, 'install_if'),
    replaces: wordsOf(file.info, 'replaces'),
    replacesPriority: priorityOf(file.info),
  };
}

function priorityOf(info: PackageInfo): number {
  return Number(infoOf(info, 'replaces_priority')) || 0;
}

function findFate({ installed, file }: ApkUpgrade, other: Other): Fate {
  if (other.name === installed.name) return 'taken';
  const own = { name: installed.name, version: infoOf(file.info, 'pkgver') };
  const theirs = isNamed(other.replaces, own) ? other.replacesPriority : -1;
  const ours = isNamed(wordsOf(file.info, 'replaces'), other) ? priorityOf(file.info) : -1;
  if (theirs > ours) return 'left';
  return ours >= 0 ? 'taken' : 'conflict';
}

function isNamed(
  words: readonly string[],
  { name, version }: { readonly name: string; readonly version: string },
): boolean {
  const parsed = apk.parse(version);
  return words.some((word) => {
    const relation = parseRelation(word);
    return relation?.name === name && !relation.isConflict && holdsFor(relation, parsed);
  });
}
