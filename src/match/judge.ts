import type { AdvisoryKey, AdvisoryStore } from '../advisories/source.ts';
import { advisoryNameOf, comparedVersionOf, type Distro } from '../ecosystems/distros.ts';
import { rootIoEcosystem, sealEcosystem } from '../ecosystems/suppliers.ts';
import type { Advisory } from '../model/advisory.ts';
import type { OperatingSystem } from '../model/analysis.ts';
import type { Package, RedHatBuild } from '../model/package.ts';
import type { Notes } from './notes.ts';
import {
  prepareAdvisories,
  type PreparedAdvisories,
  type PreparedAdvisory,
  type Verdict,
} from './prepare-advisories.ts';
import { byGravity, mergeVerdicts, openVerdicts } from './verdict.ts';

export interface JudgeOptions {
  readonly os: OperatingSystem;
  readonly distro: Distro;
  readonly ecosystem: string;
  readonly severitySources: readonly string[];
  readonly packages: readonly Package[];
}

/** What is known of one name: its advisories, and what they said of versions asked about before. */
interface Known {
  readonly advisories: PreparedAdvisories;
  readonly verdicts: Map<string, readonly Verdict[]>;
}

/** Where a package's advisories are, and what is compared with them. */
interface Question {
  readonly ecosystems: readonly string[];
  readonly name: string;
  readonly version: string;
  readonly reportsUnfixed: boolean;
}

const NOTHING: readonly Verdict[] = [];

/**
 * Says of packages of one system which vulnerabilities they have, the gravest first. Names and versions that occur
 * again are not looked up again.
 */
export function openJudge(
  store: AdvisoryStore,
  options: JudgeOptions,
  notes: Notes,
): (pkg: Package) => readonly Verdict[] {
  const { os, distro, ecosystem, severitySources } = options;
  const rootIo = rootIoEcosystem(os, options.packages);
  const ecosystems = rootIo === undefined ? [ecosystem] : [ecosystem, rootIo];
  const verdictOf = openVerdicts(store, severitySources);
  const known = new Map<string, Known>();
  const builds = numberBuilds();

  function questionFor(pkg: Package): Question | undefined {
    const seal = sealEcosystem(os, pkg);
    if (seal !== undefined) {
      const { name, version } = pkg.source ?? pkg;
      return { ecosystems: [seal], name, version, reportsUnfixed: true };
    }
    if (pkg.thirdParty && !distro.coversThirdParty) return notes.thirdParty(pkg);
    const reason = distro.whyNotJudged?.(pkg);
    if (reason !== undefined) return notes.notJudged(pkg, reason);
    return {
      ecosystems,
      name: advisoryNameOf(pkg, distro),
      version: comparedVersionOf(pkg, distro),
      reportsUnfixed: distro.reportsUnfixed ?? false,
    };
  }

  function lookUp(question: Question, build: RedHatBuild | undefined): Known {
    const key = `${question.ecosystems[0] ?? ''}\0${question.name}\0${builds(build)}`;
    const found = known.get(key);
    if (found) return found;
    const { name, reportsUnfixed } = question;
    const prepare = (): PreparedAdvisories => {
      const lists = question.ecosystems.map((each) => store.find(toKey(each, name, build)));
      return prepareAdvisories(overridden(lists), distro.versions, reportsUnfixed);
    };
    const { id } = distro.versions;
    const shared = [id, reportsUnfixed, severitySources.join(), question.ecosystems.join('\0'), name].join(
      '\0',
    );
    const advisories = (!build && store.workedOut?.(shared, prepare)) || prepare();
    for (const id of advisories.unreadable) notes.unreadable(id, name);
    const fresh = { advisories, verdicts: new Map<string, readonly Verdict[]>() };
    known.set(key, fresh);
    return fresh;
  }

  function judge({ advisories }: Known, question: Question, pkg: Package): readonly Verdict[] {
    const version = distro.versions.parse(question.version);
    if (version === undefined) {
      notes.notJudged(pkg, `has ${JSON.stringify(question.version.slice(0, 100))} for a version`);
      return NOTHING;
    }
    const affecting = advisories.affecting(version).filter((prepared) => isMeant(prepared, pkg, distro));
    if (affecting.length === 0) return NOTHING;
    if (!advisories.haveRepeats) return affecting.map(verdictOf).sort(byGravity);
    const inOrder = affecting.sort((a, b) => a.order - b.order);
    return mergeVerdicts(inOrder.map(verdictOf), distro.versions);
  }

  return (pkg) => {
    if (pkg.name === 'gpg-pubkey') return NOTHING;
    const question = questionFor(pkg);
    if (!question) return NOTHING;
    if (pkg.redHatBuild && !store.knowsBuild(pkg.redHatBuild)) notes.unknownBuild(pkg.redHatBuild);
    const about = lookUp(question, pkg.redHatBuild);
    const key = `${question.version}\0${pkg.architecture ?? ''}`;
    const before = about.verdicts.get(key);
    if (before) return before;
    const verdicts = judge(about, question, pkg);
    about.verdicts.set(key, verdicts);
    return verdicts;
  };
}

function toKey(ecosystem: string, name: string, redHatBuild: RedHatBuild | undefined): AdvisoryKey {
  return { ecosystem, name, ...(redHatBuild && { redHatBuild }) };
}

/** An advisory may be about other architectures only, or about another line of builds. */
function isMeant({ advisory, fixedVersion }: PreparedAdvisory, pkg: Package, { lineOf }: Distro): boolean {
  const { architectures } = advisory;
  const isOther =
    architectures !== undefined &&
    architectures.length > 0 &&
    pkg.architecture !== 'noarch' &&
    !architectures.includes(pkg.architecture ?? '');
  return !isOther && (!lineOf || lineOf(fixedVersion ?? '') === lineOf(pkg.version));
}

/** A supplier's word counts more than the distribution's. */
function overridden(lists: readonly (readonly Advisory[])[]): readonly Advisory[] {
  const [first, ...others] = lists;
  if (others.length === 0) return first ?? [];
  const heard = new Map<string, readonly Advisory[]>();
  for (const list of lists) for (const { id } of list) heard.set(id, list);
  return lists.flatMap((list) => list.filter(({ id }) => heard.get(id) === list));
}

/** Packages of one layer share their record, so that it is known by itself. */
function numberBuilds(): (build: RedHatBuild | undefined) => number {
  const numbers = new Map<string, number>();
  const known = new WeakMap<RedHatBuild, number>();
  return (build) => {
    if (!build) return 0;
    const seen = known.get(build);
    if (seen !== undefined) return seen;
    const text = JSON.stringify([build.contentSets, build.nvr, build.architecture]);
    const number = numbers.get(text) ?? numbers.size + 1;
    numbers.set(text, number);
    known.set(build, number);
    return number;
  };
}
