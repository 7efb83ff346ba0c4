import type { AdvisoryStore } from '../advisories/source.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import { ecosystems } from '../ecosystems/list.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package, PackageType } from '../model/package.ts';
import type { MatchOptions } from './match-options.ts';
import type { Notes } from './notes.ts';
import { prepareAdvisories, type PreparedAdvisories, type Verdict } from './prepare-advisories.ts';
import { toFinding } from './to-finding.ts';
import { byGravity, byText, mergeVerdicts, openVerdicts } from './verdict.ts';

const BY_TYPE: ReadonlyMap<PackageType, Ecosystem> = new Map(ecosystems.map((each) => [each.type, each]));

/** Judges packages of applications by the advisories of their languages' ecosystems. */
export function matchApplications(
  packages: readonly Package[],
  store: AdvisoryStore,
  { severitySources }: MatchOptions,
  notes: Notes,
): VulnerabilityFinding[] {
  const judge = openApplicationJudge(store, severitySources, notes);
  return packages
    .filter(({ application }) => application !== undefined)
    .sort(byNameVersionAndPath)
    .flatMap((pkg) => judge(pkg).map((verdict) => toFinding(verdict, pkg, pkg.version)));
}

function byNameVersionAndPath(a: Package, b: Package): number {
  return byText(a.name, b.name) || byText(a.version, b.version) || byText(a.paths[0] ?? '', b.paths[0] ?? '');
}

/** What is known of one name: its advisories, and what they said of versions asked about before. */
interface Known {
  readonly advisories: PreparedAdvisories;
  readonly verdicts: Map<string, readonly Verdict[]>;
}

const NOTHING: readonly Verdict[] = [];

function openApplicationJudge(
  store: AdvisoryStore,
  severitySources: readonly string[],
  notes: Notes,
): (pkg: Package) => readonly Verdict[] {
  const verdictOf = openVerdicts(store, severitySources);
  const known = new Map<string, Known>();

  function lookUp(ecosystem: string, name: string, { versions }: Ecosystem): Known {
    const key = `${ecosystem}\0${name}`;
    const found = known.get(key);
    if (found) return found;
    const prepare = (): PreparedAdvisories =>
      prepareAdvisories(store.find({ ecosystem, name }), versions, true);
    const shared = [versions.id, severitySources.join(), key].join('\0');
    const advisories = store.workedOut?.(shared, prepare) ?? prepare();
    for (const id of advisories.unreadable) notes.unreadable(id, name);
    const fresh = { advisories, verdicts: new Map<string, readonly Verdict[]>() };
    known.set(key, fresh);
    return fresh;
  }

  function judge({ advisories }: Known, pkg: Package, { versions }: Ecosystem): readonly Verdict[] {
    if (advisories.isEmpty) return NOTHING;
    const version = versions.parse(pkg.version);
    if (version === undefined) {
      notes.notJudged(pkg, `has ${JSON.stringify(pkg.version.slice(0, 100))} for a version`);
      return NOTHING;
    }
    const verdicts = advisories.affecting(version).map(verdictOf);
    return advisories.haveRepeats ? mergeVerdicts(verdicts, versions) : verdicts.sort(byGravity);
  }

  return (pkg) => {
    const ecosystem = BY_TYPE.get(pkg.type);
    // A version that is not told cannot be compared; the package is listed all the same.
    if (!ecosystem?.advisories || pkg.version === '') return NOTHING;
    const about = lookUp(ecosystem.advisories.ecosystem, ecosystem.advisories.nameOf(pkg), ecosystem);
    const before = about.verdicts.get(pkg.version);
    if (before) return before;
    const verdicts = judge(about, pkg, ecosystem);
    about.verdicts.set(pkg.version, verdicts);
    return verdicts;
  };
}
