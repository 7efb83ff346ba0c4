import type { BboltBucket } from '../../codec/bbolt/bbolt.ts';
import type { RedHatBuild } from '../../model/package.ts';
import { parseIntegers } from './json-value.ts';

/** What an image without records of its own was most likely built from. */
const DEFAULT_CONTENT_SETS: ReadonlyMap<string, readonly string[]> = new Map([
  ['6', ['rhel-6-server-rpms', 'rhel-6-server-extras-rpms']],
  ['7', ['rhel-7-server-rpms', 'rhel-7-server-extras-rpms']],
  ['8', ['rhel-8-for-x86_64-baseos-rpms', 'rhel-8-for-x86_64-appstream-rpms']],
  ['9', ['rhel-9-for-x86_64-baseos-rpms', 'rhel-9-for-x86_64-appstream-rpms']],
  ['10', ['rhel-10-for-x86_64-baseos-rpms', 'rhel-10-for-x86_64-appstream-rpms']],
]);

/** Products, as indices into Red Hat's list of them, whose advisories count. */
export interface RedHatProducts {
  /** For packages of a release, which were built as recorded; by the defaults of the release where that says nothing. */
  of(release: string, build: RedHatBuild | undefined): ReadonlySet<number>;
  /** False when the record names nothing that is known, so that defaults are used. */
  knows(build: RedHatBuild): boolean;
}

/** @param root of the database; without its `Red Hat CPE` no product is known */
export function openRedHatProducts(root: BboltBucket): RedHatProducts {
  const cpe = root.bucket('Red Hat CPE');
  const repositories = cpe?.bucket('repository');
  const builds = cpe?.bucket('nvr');
  const known = new WeakMap<RedHatBuild, ReadonlySet<number>>();
  const defaults = new Map<string, ReadonlySet<number>>();

  function ofContentSets(contentSets: readonly string[]): number[] {
    return contentSets.flatMap((name) => indices(repositories, withoutCounter(name)));
  }

  function ofBuild(build: RedHatBuild): ReadonlySet<number> {
    const found = known.get(build);
    if (found) return found;
    const { contentSets, nvr, architecture } = build;
    const products = ofContentSets(contentSets);
    if (nvr !== undefined && architecture !== undefined)
      products.push(...indices(builds, `${nvr}-${architecture}`));
    const set = new Set(products);
    known.set(build, set);
    return set;
  }

  function ofRelease(release: string): ReadonlySet<number> {
    const found = defaults.get(release) ?? new Set(ofContentSets(DEFAULT_CONTENT_SETS.get(release) ?? []));
    defaults.set(release, found);
    return found;
  }

  return {
    of(release, build) {
      const own = build && ofBuild(build);
      return own && own.size > 0 ? own : ofRelease(release);
    },
    knows: (build) => ofBuild(build).size > 0,
  };
}

function indices(bucket: BboltBucket | undefined, key: string): readonly number[] {
  const value = bucket?.get(key);
  return value ? parseIntegers(value, key) : [];
}

/** Builds may number their repositories: `…-rpms__2`. `__9_DOT_2` belongs to the name. */
function withoutCounter(name: string): string {
  const at = name.lastIndexOf('__');
  return at > 0 && /^[0-9]+$/.test(name.slice(at + 2)) ? name.slice(0, at) : name;
}
