import type { AdvisoryStore } from '../advisories/source.ts';
import { findDistro } from '../ecosystems/distros.ts';
import { isEndOfLife, lastDayOf } from '../ecosystems/end-of-life.ts';
import type { Diagnostic, Inventory, OperatingSystem } from '../model/analysis.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import { openJudge } from './judge.ts';
import { openNotes, type Notes } from './notes.ts';
import type { Verdict } from './prepare-advisories.ts';
import { byText, mergeVerdicts } from './verdict.ts';

export interface MatchOptions {
  /** Whose severity counts, the first that has one; `auto` is the vendor's, then NVD's. */
  readonly severitySources: readonly string[];
  readonly now: Date;
}

export interface Matched {
  /** By package, its version, severity (the gravest first) and id; each vulnerability of a package once. */
  readonly findings: readonly VulnerabilityFinding[];
  readonly diagnostics: readonly Diagnostic[];
  readonly endOfLife: boolean;
}

/** Judges what is installed by a database. Whatever cannot be judged is told in the diagnostics. */
export function matchInventory(
  inventory: Inventory,
  advisories: AdvisoryStore,
  options: MatchOptions,
): Matched {
  const notes = openNotes();
  const { os } = inventory;
  const endOfLife = os !== undefined && isEndOfLife(os, options.now);
  if (os && endOfLife) noteEndOfLife(os, notes);
  const findings = inventory.packages.length === 0 ? [] : findAll(inventory, advisories, options, notes);
  return { findings, diagnostics: notes.all(), endOfLife };
}

function findAll(
  { os, packages }: Inventory,
  store: AdvisoryStore,
  { severitySources, now }: MatchOptions,
  notes: Notes,
): VulnerabilityFinding[] {
  const distro = os && findDistro(os.family);
  if (!distro) {
    const system = os ? `${os.family} ${os.version}`.trim() : 'a system that is not known';
    const message = `packages are of ${JSON.stringify(system.slice(0, 100))}, for which there are no advisories: their vulnerabilities are not known`;
    notes.add('OS_WITHOUT_ADVISORIES', message);
    return [];
  }
  const ecosystem = distro.ecosystem(os, now);
  if (!store.covers(ecosystem)) {
    const message = `the database has no advisories for ${JSON.stringify(ecosystem.slice(0, 100))}: vulnerabilities of its packages are not known`;
    notes.add('RELEASE_WITHOUT_ADVISORIES', message);
  }
  const judge = openJudge(store, { os, distro, ecosystem, severitySources, packages }, notes);
  const shownVersion = (pkg: Package): string =>
    distro.showsSource ? (pkg.source?.version ?? pkg.version) : pkg.version;

  const findings: VulnerabilityFinding[] = [];
  const sorted = inReportOrder(packages);
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const first = sorted[start];
    if (!first) break;
    const verdicts = [judge(first.pkg)];
    // Packages that reports cannot tell apart, as those of two architectures with dpkg, are told once.
    for (end = start + 1; end < sorted.length && sorted[end]?.id === first.id; end++) {
      verdicts.push(judge(sorted[end]?.pkg ?? first.pkg));
    }
    const told = verdicts.length === 1 ? verdicts[0] : mergeVerdicts(verdicts.flat(), distro.versions);
    const installedVersion = shownVersion(first.pkg);
    for (const verdict of told ?? []) findings.push(toFinding(verdict, first.pkg, installedVersion));
  }
  return findings;
}

interface Identified {
  readonly pkg: Package;
  readonly id: string;
}

/** Equal ones in an order of their own, so that findings do not depend on that of the inventory. */
function inReportOrder(packages: readonly Package[]): readonly Identified[] {
  return packages
    .map((pkg) => ({ pkg, id: idOf(pkg) }))
    .sort(
      (a, b) =>
        byText(a.pkg.name, b.pkg.name) || byText(a.id, b.id) || byText(sourceOf(a.pkg), sourceOf(b.pkg)),
    );
}

function idOf({ type, name, version, architecture }: Package): string {
  return type === 'rpm' && architecture ? `${name}@${version}.${architecture}` : `${name}@${version}`;
}

function sourceOf({ source, architecture }: Package): string {
  return `${source?.name ?? ''}\0${source?.version ?? ''}\0${architecture ?? ''}`;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Field by field, as spreading would cost more than all comparing. */
function toFinding(verdict: Verdict, pkg: Package, installedVersion: string): VulnerabilityFinding {
  const { fixedVersion, severitySource, dataSource, primaryUrl } = verdict;
  const finding: Mutable<VulnerabilityFinding> = {
    kind: 'vulnerability',
    id: verdict.id,
    package: pkg,
    installedVersion,
    status: verdict.status,
    severity: verdict.severity,
    vendorIds: verdict.vendorIds,
    vulnerability: verdict.vulnerability,
  };
  if (fixedVersion !== undefined) finding.fixedVersion = fixedVersion;
  if (severitySource !== undefined) finding.severitySource = severitySource;
  if (dataSource !== undefined) finding.dataSource = dataSource;
  if (primaryUrl !== undefined) finding.primaryUrl = primaryUrl;
  return finding;
}

function noteEndOfLife(os: OperatingSystem, notes: Notes): void {
  const name = findDistro(os.family)?.name ?? os.family;
  notes.add(
    'OS_END_OF_LIFE',
    `${name} ${os.version} has had no security updates since ${lastDayOf(os) ?? ''}: newer vulnerabilities may not be told`,
  );
}
