import type { Signal } from '../../base/signal.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';

/** What became other from one state of the databases to the next, in the spelling of advisory look-ups. */
export interface DatabaseDiff {
  /** `ecosystem NUL name`; without a name, everything of the ecosystem. */
  readonly changed: ReadonlySet<string>;
  /** Ids of vulnerabilities whose details are other ones, or are there or gone. */
  readonly vulnerabilities: ReadonlySet<string>;
  /** Why nobody can say what has changed: then everything may have. */
  readonly unknown?: string;
}

export const NO_CHANGE: DatabaseDiff = { changed: new Set(), vulnerabilities: new Set() };

/** Stands for everything of an ecosystem; `ecosystem NUL name` for one name of it. */
export function advisoryName(ecosystem: string, name = ''): string {
  return `${ecosystem}\0${name}`;
}

export function unknownDiff(reason: string): DatabaseDiff {
  return { ...NO_CHANGE, unknown: reason };
}

/** Compares two states of one database; undefined when it cannot. */
export type CompareVersions = (
  before: AdvisoryDbVersion,
  after: AdvisoryDbVersion,
  options: Signal,
) => Promise<DatabaseDiff>;

/**
 * What changed between two states of all databases. Those of which a digest is the same did not; of another kind of
 * database nobody can tell, so everything counts as changed.
 *
 * @param comparers by the name of the source, such as `trivy-db`
 */
export async function diffVersions(
  before: readonly AdvisoryDbVersion[],
  after: readonly AdvisoryDbVersion[],
  comparers: ReadonlyMap<string, CompareVersions>,
  { signal }: Signal,
): Promise<DatabaseDiff> {
  const old = flat(before);
  const fresh = flat(after);
  // The order decides whose word counts.
  if (old.map(({ source }) => source).join() !== fresh.map(({ source }) => source).join())
    return unknownDiff('other databases are used than before');
  const diffs: DatabaseDiff[] = [];
  for (const [index, version] of fresh.entries()) {
    const previous = old[index];
    if (!previous || previous.digest === version.digest) continue;
    const compare = comparers.get(version.source);
    if (!compare) return unknownDiff(`what changed in ${version.source} cannot be told`);
    diffs.push(await compare(previous, version, { signal }));
  }
  return joinDiffs(diffs);
}

function joinDiffs(diffs: readonly DatabaseDiff[]): DatabaseDiff {
  const [first = NO_CHANGE, ...others] = diffs;
  if (others.length === 0) return first;
  const unknown = diffs.find((diff) => diff.unknown !== undefined)?.unknown;
  return {
    changed: new Set(diffs.flatMap(({ changed }) => [...changed])),
    vulnerabilities: new Set(diffs.flatMap(({ vulnerabilities }) => [...vulnerabilities])),
    ...(unknown !== undefined && { unknown }),
  };
}

function flat(versions: readonly AdvisoryDbVersion[]): AdvisoryDbVersion[] {
  return versions.flatMap((version) => (version.parts ? flat(version.parts) : [version]));
}
