import type {
  Finding,
  LicenseFinding,
  MisconfigurationFinding,
  SecretFinding,
  VulnerabilityFinding,
} from '../model/finding.ts';
import type { ApplicationType, Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { targetOf } from './target.ts';

export type ResultClass = 'os-pkgs' | 'lang-pkgs' | 'config' | 'secret' | 'license' | 'license-file';

/** What belongs together in a report: one package database, one lock file, one file with secrets. */
export interface ReportResult {
  readonly class: ResultClass;
  /** A path, or a name for people. */
  readonly target: string;
  /** Operating system family or application type; absent for secrets and licences. */
  readonly type?: string;
  readonly packages: readonly Package[];
  readonly vulnerabilities: readonly VulnerabilityFinding[];
  readonly misconfigurations: readonly MisconfigurationFinding[];
  readonly secrets: readonly SecretFinding[];
  readonly licenses: readonly LicenseFinding[];
}

/** Kinds of which each package is its own file: they are told as one. */
const AGGREGATED: ReadonlyMap<ApplicationType, string> = new Map([
  ['conda-pkg', 'Conda'],
  ['gemspec', 'Ruby'],
  ['jar', 'Java'],
  ['node-pkg', 'Node.js'],
  ['python-pkg', 'Python'],
]);

/** Whether packages of this kind are told under their own paths. */
export function isAggregated(pkg: Package): boolean {
  return pkg.application !== undefined && AGGREGATED.has(pkg.application);
}

export function vulnerabilitiesOf(findings: readonly Finding[]): VulnerabilityFinding[] {
  return findings.filter((finding) => finding.kind === 'vulnerability');
}

/**
 * A report in parts, in the order in which Trivy tells them: the operating system, applications by target,
 * configuration, secrets, licences. What found nothing is there too.
 */
export function resultsOf(report: Report): ReportResult[] {
  return [
    ...packageResults(report),
    ...misconfigurationResults(report),
    ...secretResults(report),
    ...licenseResults(report),
  ];
}

const NOTHING = {
  packages: [],
  vulnerabilities: [],
  misconfigurations: [],
  secrets: [],
  licenses: [],
} as const;

function packageResults(report: Report): ReportResult[] {
  const { os, packages, findings } = report;
  const isOfSystem = (pkg: Package): boolean => pkg.application === undefined;
  const vulnerabilities = vulnerabilitiesOf(findings);
  const own = packages.filter(isOfSystem);
  const ownFindings = vulnerabilities.filter((finding) => isOfSystem(finding.package));
  const system: ReportResult[] =
    own.length === 0 && ownFindings.length === 0 && !os
      ? []
      : [
          {
            ...NOTHING,
            class: 'os-pkgs',
            target: targetOf(report),
            type: os?.family ?? 'none',
            packages: own,
            vulnerabilities: ownFindings,
          },
        ];
  return [...system, ...applicationResults(packages, vulnerabilities)];
}

interface Application {
  readonly type: ApplicationType;
  readonly target: string;
  readonly packages: Package[];
  readonly vulnerabilities: VulnerabilityFinding[];
}

function applicationResults(
  packages: readonly Package[],
  vulnerabilities: readonly VulnerabilityFinding[],
): ReportResult[] {
  const applications = new Map<string, Application>();
  const of = (pkg: Package, type: ApplicationType): Application => {
    const target = AGGREGATED.get(type) ?? pkg.paths[0] ?? '';
    const key = `${type}\0${target}`;
    const known = applications.get(key);
    if (known) return known;
    const fresh: Application = { type, target, packages: [], vulnerabilities: [] };
    applications.set(key, fresh);
    return fresh;
  };
  for (const pkg of packages) if (pkg.application) of(pkg, pkg.application).packages.push(pkg);
  for (const finding of vulnerabilities) {
    const { application } = finding.package;
    if (application) of(finding.package, application).vulnerabilities.push(finding);
  }
  return [...applications.values()]
    .sort((a, b) => compareTexts(a.target, b.target) || compareTexts(a.type, b.type))
    .map((application) => ({ ...NOTHING, class: 'lang-pkgs', ...application }));
}

function misconfigurationResults({ image, findings }: Report): ReportResult[] {
  const found = findings.filter((finding) => finding.kind === 'misconfiguration');
  const ofConfig = found.filter(({ subject }) => subject === 'image-config');
  const byPath = groupBy(
    found.filter(({ subject }) => subject === 'file'),
    ({ path }) => path ?? '',
  );
  return [
    ...(ofConfig.length > 0
      ? [{ target: image.name, type: 'image-config', misconfigurations: ofConfig }]
      : []),
    ...byPath.map(([target, misconfigurations]) => ({ target, type: 'filesystem', misconfigurations })),
  ].map((result) => ({ ...NOTHING, class: 'config' as const, ...result }));
}

function secretResults({ image, findings }: Report): ReportResult[] {
  const found = findings.filter((finding) => finding.kind === 'secret');
  const slash = image.kind === 'image' ? '/' : '';
  return groupBy(found, ({ path }) => path).map(([path, secrets]) => ({
    ...NOTHING,
    class: 'secret',
    target: slash + path,
    secrets,
  }));
}

/** The result that licences of packages of the operating system are told in. */
export const SYSTEM_LICENSES = 'OS Packages';

/** What a package of an application is told under; undefined for those of the operating system. */
export function applicationTarget({ application, paths }: Package): string | undefined {
  return application && (AGGREGATED.get(application) ?? paths[0] ?? '');
}

function licenseResults({ findings }: Report): ReportResult[] {
  const found = findings.filter((finding) => finding.kind === 'license');
  const targetOfLicense = ({ package: pkg }: LicenseFinding): string =>
    pkg ? (applicationTarget(pkg) ?? '\0') : '';
  return groupBy(found, targetOfLicense)
    .map(([target, licenses]): ReportResult => {
      if (target === '')
        return { ...NOTHING, class: 'license-file', target: 'Loose File License(s)', licenses };
      return { ...NOTHING, class: 'license', target: target === '\0' ? SYSTEM_LICENSES : target, licenses };
    })
    .sort((a, b) => compareTexts(a.class, b.class));
}

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return [...groups].sort(([a], [b]) => compareTexts(a, b));
}

/** By UTF-16 units, as nothing here depends on a language. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
