import type { AdvisoryStore } from '../advisories/source.ts';
import { findDistro } from '../ecosystems/distros.ts';
import type { OperatingSystem } from '../model/analysis.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import { openJudge } from './judge.ts';
import type { MatchOptions } from './match-options.ts';
import type { Notes } from './notes.ts';
import { toFinding } from './to-finding.ts';
import { byText, mergeVerdicts } from './verdict.ts';

/** Judges packages of the operating system by its distribution's advisories. */
export function matchSystem(
  { os, packages }: { readonly os: OperatingSystem | undefined; readonly packages: readonly Package[] },
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
