import { sha256Of } from '../base/digest.ts';
import { DrydockError } from '../base/errors.ts';
import type { Advisory, AdvisoryDbVersion, Vulnerability } from '../model/advisory.ts';
import type { AdvisoryStore } from './source.ts';

/**
 * Several databases as one. For each package the first that speaks of a vulnerability is heard, whatever the others
 * say of it; details that it lacks are the next one's.
 *
 * @param stores the first counts most; disposed of with the result
 */
export function mergeStores(stores: readonly AdvisoryStore[]): AdvisoryStore {
  const [first, ...others] = stores;
  if (!first) throw new DrydockError('INTERNAL', 'no databases to merge');
  if (others.length === 0) return first;
  return {
    version: mergeVersions(stores.map(({ version }) => version)),
    covers: (ecosystem) => stores.some((store) => store.covers(ecosystem)),
    find: (key) => firstHeard(stores.map((store) => store.find(key))),
    knowsBuild: (build) => stores.some((store) => store.knowsBuild(build)),
    vulnerability(id) {
      const known = stores.flatMap((store) => store.vulnerability(id) ?? []);
      return known.length > 1 ? known.reduce(completed) : known[0];
    },
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store[Symbol.asyncDispose]();
    },
  };
}

function firstHeard(lists: readonly (readonly Advisory[])[]): readonly Advisory[] {
  const speaking = lists.filter((list) => list.length > 0);
  if (speaking.length <= 1) return speaking[0] ?? [];
  const heard = new Set<string>();
  const advisories: Advisory[] = [];
  for (const list of speaking) {
    // Of one source all count: it may speak of a vulnerability several times.
    const fresh = list.filter((advisory) => !namesOf(advisory).some((name) => heard.has(name)));
    for (const advisory of list) for (const name of namesOf(advisory)) heard.add(name);
    advisories.push(...fresh);
  }
  return advisories;
}

/** Announcements of these are each about one vulnerability, unlike those of distributions. */
const OF_ONE = /^(?:GHSA|GO|PYSEC|RUSTSEC|MAL)-/;

function namesOf({ id, aliases = [], vendorIds }: Advisory): readonly string[] {
  return [id, ...aliases, ...vendorIds.filter((vendorId) => OF_ONE.test(vendorId))];
}

/** What the first lacks, the second tells. */
function completed(first: Vulnerability, second: Vulnerability): Vulnerability {
  return {
    ...second,
    ...first,
    severityBySource: joined(second.severityBySource, first.severityBySource),
    cvssBySource: joined(second.cvssBySource, first.cvssBySource),
    cwes: first.cwes.length > 0 ? first.cwes : second.cwes,
    references: first.references.length > 0 ? first.references : second.references,
  };
}

function joined<T>(
  under: Readonly<Record<string, T>>,
  over: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, under, over);
}

/** As old as the oldest of them; the order counts, as it decides who is heard. */
export function mergeVersions(parts: readonly AdvisoryDbVersion[]): AdvisoryDbVersion {
  const next = parts.flatMap(({ nextUpdateAt }) => nextUpdateAt ?? []).toSorted(byTime);
  const built = parts.map(({ builtAt }) => builtAt).toSorted(byTime);
  return {
    source: parts.map(({ source }) => source).join('+'),
    digest: sha256Of(parts.map(({ source, digest }) => `${source} ${digest}\n`).join('')),
    builtAt: built[0] ?? '',
    ...(next[0] !== undefined && { nextUpdateAt: next[0] }),
    ...(parts.some(({ sample }) => sample) && { sample: true }),
    parts,
  };
}

function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}
