import type { Diagnostic } from '../model/analysis.ts';
import type { Package, RedHatBuild } from '../model/package.ts';

/** What could not be judged. Each thing is told once, and of many like it only the first ones. */
export interface Notes {
  add(code: string, message: string): void;
  notJudged(pkg: Package, reason: string): undefined;
  /** Told as one: there may be many, and each is so for the same reason. */
  thirdParty(pkg: Package): undefined;
  unreadable(advisoryId: string, name: string): void;
  unknownBuild(build: RedHatBuild): void;
  all(): readonly Diagnostic[];
}

const MAX_PER_CODE = 100;
const BY = 'match';

export function openNotes(): Notes {
  const notes = new Map<string, Diagnostic>();
  const counts = new Map<string, number>();
  const builds = new WeakSet<RedHatBuild>();
  const thirdParties = new Set<string>();

  function add(code: string, message: string, path?: string): void {
    const key = `${code}\0${path ?? ''}\0${message}`;
    if (notes.has(key)) return;
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    if (count <= MAX_PER_CODE) notes.set(key, { code, by: BY, ...(path !== undefined && { path }), message });
  }

  return {
    add,
    notJudged(pkg, reason) {
      add(
        'PACKAGE_NOT_JUDGED',
        `package ${shown(pkg.name)} ${reason}, so its vulnerabilities are not known`,
        pkg.paths[0],
      );
    },
    thirdParty(pkg) {
      thirdParties.add(pkg.name);
    },
    unreadable(advisoryId, name) {
      const which = `${shown(advisoryId)} for ${shown(name)}`;
      add('ADVISORY_NOT_READ', `advisory ${which} has a version that cannot be read and is left out`);
    },
    unknownBuild(build) {
      if (builds.has(build)) return;
      builds.add(build);
      const what = build.nvr ?? build.contentSets[0] ?? '';
      add(
        'RED_HAT_BUILD_UNKNOWN',
        `the database knows no product of the build ${shown(what)}; advisories are those of the release's usual repositories`,
      );
    },
    all() {
      const cut = [...counts].filter(([, count]) => count > MAX_PER_CODE);
      const more = cut.map(([code, count]) => ({
        code,
        by: BY,
        message: `${count - MAX_PER_CODE} more of these`,
      }));
      return [...notes.values(), ...more, ...thirdPartyNote(thirdParties)];
    },
  };
}

function thirdPartyNote(names: ReadonlySet<string>): Diagnostic[] {
  if (names.size === 0) return [];
  const some = [...names].slice(0, 5).map(shown).join(', ');
  const message = `${names.size} packages are not of the distribution, whose advisories do not speak of them: ${some}${names.size > 5 ? ', …' : ''}`;
  return [{ code: 'THIRD_PARTY_PACKAGES', by: BY, message }];
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
