import type { NamedUpdate } from '../../model/patch.ts';
import type { Package } from '../../model/package.ts';
import { compareText } from '../../versions/scheme.ts';
import { SYSTEM_SCHEMES } from './system-schemes.ts';

export interface LookedAt {
  /** To the versions that are there now. */
  readonly applied: readonly NamedUpdate[];
  readonly left: readonly NamedUpdate[];
}

type Found = Pick<Package, 'type' | 'name' | 'version' | 'architecture' | 'application'>;

/**
 * Which updates an image bears, by the packages that a scan of it finds: those of which nothing is there but later
 * versions. One that is not found is not believed to be replaced.
 */
export function appliedUpdates(updates: readonly NamedUpdate[], packages: readonly Found[]): LookedAt {
  const byName = new Map<string, Found[]>();
  for (const found of packages) {
    if (found.application !== undefined) continue;
    const others = byName.get(found.name);
    if (others) others.push(found);
    else byName.set(found.name, [found]);
  }
  const applied: NamedUpdate[] = [];
  const left: NamedUpdate[] = [];
  for (const update of updates) {
    const { name, architecture, from } = update;
    // Reports of others do not say of which architecture a package is.
    const now = (byName.get(name) ?? []).filter(
      (found) => architecture === '' || (found.architecture ?? '') === architecture,
    );
    const [first] = now;
    if (first && now.every((found) => isLater(found, from))) applied.push({ ...update, to: first.version });
    else left.push(update);
  }
  return { applied, left };
}

function isLater({ type, version }: Found, from: string): boolean {
  if (type !== 'deb' && type !== 'apk' && type !== 'rpm') return false;
  return (compareText(SYSTEM_SCHEMES[type], version, from) ?? 0) > 0;
}
