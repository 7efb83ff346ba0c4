import { createHash } from 'node:crypto';
import type { Severity } from '../model/advisory.ts';
import type {
  Finding,
  LicenseFinding,
  MisconfigurationFinding,
  SecretFinding,
  VulnerabilityFinding,
} from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import { cvssOf } from './cvss-of.ts';
import { httpLink } from './http-link.ts';
import { packageUrlOf } from './package-identity.ts';
import { resultsOf, SYSTEM_LICENSES, type ReportResult, type ResultClass } from './results.ts';

/**
 * A finding of any kind in the same words, for formats that tell all kinds side by side. A text is empty where there
 * is nothing to say; texts are as they were found, and it is for the format to make them harmless.
 */
export interface FindingRow {
  readonly kind: Finding['kind'];
  /** `CVE-…`, the id of a rule, or the name of a licence. */
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  readonly description: string;
  /** What was found here, in one sentence. */
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
  readonly class: ResultClass;
  readonly target: string;
  /** Operating system family or application type. */
  readonly type: string;
  readonly package: string;
  readonly version: string;
  readonly fixedVersion: string;
  readonly status: string;
  readonly purl: string;
  /** Without a leading slash. */
  readonly path: string;
  /** From 1; 0 where no line is known. */
  readonly startLine: number;
  readonly endLine: number;
  readonly cvssScore?: number;
  readonly cvssVector: string;
  readonly epss?: number;
  readonly epssPercentile?: number;
  readonly isExploited: boolean;
  readonly aliases: readonly string[];
  readonly cwes: readonly string[];
  /** Links that may be followed, the best first. */
  readonly links: readonly string[];
  readonly publishedAt: string;
  /** DiffID of the layer. */
  readonly layer: string;
  /** 32 hex digits: the same for the same finding of the next scan, whatever version is installed then. */
  readonly fingerprint: string;
}

type Told = Omit<FindingRow, 'class' | 'target' | 'type' | 'fingerprint'>;

/** All findings in the order of the results they belong to. */
export function* findingRows(report: Report): Generator<FindingRow> {
  const purlOf = purls(report);
  const print = fingerprints();
  for (const result of resultsOf(report)) {
    for (const told of toldBy(result, purlOf)) {
      // Of the system, neither the image's name nor where its packages are recorded tells findings apart.
      const isOfSystem = result.class === 'os-pkgs' || result.target === SYSTEM_LICENSES;
      const [place, path] = isOfSystem ? ['', ''] : [result.target, told.path];
      yield {
        ...told,
        class: result.class,
        target: result.target,
        type: result.type ?? '',
        fingerprint: print([told.kind, told.id, place, told.package, path, told.message]),
      };
    }
  }
}

function* toldBy(result: ReportResult, purlOf: (pkg: Package) => string): Generator<Told> {
  for (const finding of result.vulnerabilities) yield ofVulnerability(finding, purlOf(finding.package));
  for (const finding of result.misconfigurations) yield ofMisconfiguration(finding);
  for (const finding of result.secrets) yield ofSecret(finding);
  for (const finding of result.licenses)
    yield ofLicense(finding, finding.package ? purlOf(finding.package) : '');
}

/** A package has many findings: its URL is made once. */
function purls({ os }: Report): (pkg: Package) => string {
  const known = new Map<Package, string>();
  return (pkg) => {
    const purl = known.get(pkg) ?? packageUrlOf(pkg, os);
    known.set(pkg, purl);
    return purl;
  };
}

/** Equal findings are told apart by their number. */
function fingerprints(): (parts: readonly string[]) => string {
  const seen = new Map<string, number>();
  const hash = (parts: readonly (string | number)[]): string =>
    createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return (parts) => {
    const first = hash(parts);
    const count = seen.get(first) ?? 0;
    seen.set(first, count + 1);
    return count === 0 ? first : hash([...parts, count]);
  };
}

const NOTHING = {
  description: '',
  message: '',
  remedy: '',
  package: '',
  version: '',
  fixedVersion: '',
  status: '',
  purl: '',
  path: '',
  startLine: 0,
  endLine: 0,
  cvssVector: '',
  isExploited: false,
  aliases: [],
  cwes: [],
  links: [],
  publishedAt: '',
  layer: '',
} as const;

function ofVulnerability(finding: VulnerabilityFinding, purl: string): Told {
  const { package: pkg, vulnerability, fixedVersion = '', epss } = finding;
  const { title, description } = vulnerability;
  const cvss = cvssOf(finding);
  const [place] = pkg.locations ?? [];
  return {
    ...NOTHING,
    kind: 'vulnerability',
    id: finding.id,
    severity: finding.severity,
    title: title ?? firstLine(description ?? ''),
    description: description ?? '',
    remedy: fixedVersion === '' ? '' : `Upgrade ${pkg.name} to ${fixedVersion}`,
    package: pkg.name,
    version: finding.installedVersion,
    fixedVersion,
    status: finding.status,
    purl,
    path: pkg.paths[0] ?? '',
    startLine: place?.startLine ?? 0,
    endLine: place?.endLine ?? 0,
    ...(cvss.score !== undefined && { cvssScore: cvss.score }),
    cvssVector: cvss.vector ?? '',
    ...(epss && { epss: epss.score, epssPercentile: epss.percentile }),
    isExploited: finding.exploited !== undefined,
    aliases: finding.vendorIds,
    cwes: vulnerability.cwes,
    links: linksOf([finding.primaryUrl, ...vulnerability.references]),
    publishedAt: vulnerability.publishedAt ?? '',
    layer: pkg.layer?.diffId ?? '',
  };
}

function ofMisconfiguration(finding: MisconfigurationFinding): Told {
  return {
    ...NOTHING,
    kind: 'misconfiguration',
    id: finding.ruleId,
    severity: finding.severity,
    title: finding.title,
    description: finding.description,
    message: finding.message,
    remedy: finding.resolution,
    path: finding.path ?? '',
    links: linksOf(finding.references),
    layer: finding.layer?.diffId ?? '',
  };
}

function ofSecret(finding: SecretFinding): Told {
  const gone = finding.isDeleted ? ' (deleted in a later layer, and still in the image)' : '';
  return {
    ...NOTHING,
    kind: 'secret',
    id: finding.ruleId,
    severity: finding.severity,
    title: finding.title,
    description: `${finding.title} in ${finding.path}${gone}`,
    message: finding.match,
    remedy: 'Revoke it, and build the image without it',
    path: finding.path,
    startLine: finding.startLine,
    endLine: finding.endLine,
    status: finding.isDeleted ? 'deleted' : '',
    layer: finding.layer?.diffId ?? '',
  };
}

function ofLicense(finding: LicenseFinding, purl: string): Told {
  const { name, category, package: pkg, path } = finding;
  const holder = pkg?.name ?? path ?? '';
  return {
    ...NOTHING,
    kind: 'license',
    id: name,
    severity: finding.severity,
    title: `${name} (${category})`,
    description: `${holder} is under ${name}, of category ${category}`,
    package: pkg?.name ?? '',
    version: pkg?.version ?? '',
    status: category,
    purl,
    path: path ?? pkg?.paths[0] ?? '',
    links: linksOf([finding.link]),
    layer: finding.layer?.diffId ?? pkg?.layer?.diffId ?? '',
  };
}

function firstLine(text: string): string {
  const line = text.slice(0, 200).split('\n', 1)[0] ?? '';
  return text.length > line.length ? `${line.trimEnd()}…` : line;
}

const MAX_LINKS = 50;

function linksOf(texts: readonly (string | undefined)[]): string[] {
  return [...new Set(texts.flatMap((text) => httpLink(text) ?? []))].slice(0, MAX_LINKS);
}
