import { clone } from '@bufbuild/protobuf';
import type { OperatingSystem } from '../model/analysis.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import type { Package as ModelPackage } from '../model/package.ts';
import { AGGREGATED_TARGETS } from './application-types.ts';
import type { MergedBlobs } from './merge-blobs.ts';
import { PackageSchema, PkgIdentifierSchema, type Package, type Vulnerability } from './messages/common.ts';
import { ResultSchema, type Result, type ScanOptions } from './messages/scanner.ts';
import {
  byTarget,
  customResults,
  licenseResults,
  misconfigurationResults,
  secretResults,
  type LicenseJudge,
} from './other-results.ts';
import { packageUid } from './package-uid.ts';
import type { ScanSubject, Subject } from './scan-subject.ts';
import { toVulnerability } from './to-vulnerability.ts';
import { newMessage } from './wire.ts';

/** What a report about blobs is made of, besides them. */
export interface ResultParts {
  readonly target: string;
  readonly options: ScanOptions;
  /** Clients before 0.54 show every package they are sent, and get those that they ask for only. */
  readonly isOldClient: boolean;
  readonly findings: readonly VulnerabilityFinding[];
  readonly judgeLicense: LicenseJudge;
  readonly packageUrl: (pkg: ModelPackage, os: OperatingSystem | undefined) => string;
  /** Whether there are advisories for a family of operating systems at all. */
  readonly isJudged: (family: string) => boolean;
}

/** All results in the order in which Trivy tells them. */
export function toResults(subject: ScanSubject, merged: MergedBlobs, parts: ResultParts): Result[] {
  const { options, isOldClient } = parts;
  const wants = (...scanners: string[]): boolean => scanners.some((each) => options.scanners.includes(each));
  const tellsFiles = options.licenseFull || isOldClient || merged.licenses.length > 0;
  return [
    ...(wants('vuln', 'sbom') || options.listAllPackages ? packageResults(subject, parts) : []),
    ...(wants('misconfig', 'config', 'rbac') ? misconfigurationResults(merged) : []),
    ...(wants('secret') ? secretResults(merged) : []),
    ...(wants('license')
      ? licenseResults(subject, merged, { judge: parts.judgeLicense, tellsFiles, isOldClient })
      : []),
    ...customResults(merged),
  ];
}

function packageResults(subject: ScanSubject, parts: ResultParts): Result[] {
  const { options } = parts;
  const findingsOf = groupByPackage(parts.findings);
  // What old clients want no vulnerabilities of is listed all the same.
  const tells = (type: string): boolean =>
    options.pkgTypes.includes(type) || (parts.isOldClient && options.listAllPackages);
  return [
    ...(tells('os') ? systemResult(subject, parts, findingsOf) : []),
    ...(tells('library') ? applicationResults(subject, parts, findingsOf) : []),
  ];
}

type FindingsOf = (model: ModelPackage | undefined) => readonly VulnerabilityFinding[];

function groupByPackage(findings: readonly VulnerabilityFinding[]): FindingsOf {
  const groups = new Map<ModelPackage, VulnerabilityFinding[]>();
  for (const finding of findings) {
    const group = groups.get(finding.package);
    if (group) group.push(finding);
    else groups.set(finding.package, [finding]);
  }
  return (model) => (model && groups.get(model)) ?? [];
}

function systemResult(subject: ScanSubject, parts: ResultParts, findingsOf: FindingsOf): Result[] {
  const { os, system, packages } = subject;
  if (!os || os.family === '') return [];
  // Trivy says nothing at all of a system whose vulnerabilities it was asked for and cannot tell; it once told packages.
  const isUnknown = parts.options.scanners.includes('vuln') && !(system && parts.isJudged(system.family));
  if (isUnknown && !(parts.isOldClient && parts.options.listAllPackages)) return [];
  const target = `${parts.target} (${os.family} ${os.name})`;
  return [toResult({ target, class: 'os-pkgs', type: os.family }, packages, subject, parts, findingsOf)];
}

function applicationResults(subject: ScanSubject, parts: ResultParts, findingsOf: FindingsOf): Result[] {
  return subject.applications
    .filter(({ subjects }) => subjects.length > 0)
    .map(({ type, filePath, subjects }) => {
      const target = filePath || (AGGREGATED_TARGETS.get(type) ?? '');
      return toResult({ target, class: 'lang-pkgs', type }, subjects, subject, parts, findingsOf);
    })
    .sort(byTarget);
}

/** Whose findings Trivy tells without ids of packages. */
const WITHOUT_IDS = ['azurelinux', 'cbl-mariner'];

function toResult(
  fields: { target: string; class: string; type: string },
  subjects: readonly Subject[],
  of: ScanSubject,
  parts: ResultParts,
  findingsOf: FindingsOf,
): Result {
  const { scanners, listAllPackages } = parts.options;
  const told = subjects.map((subject) => ({ subject, pkg: toTold(subject, of, parts) }));
  told.sort((a, b) => byNameVersionAndPath(a.pkg, b.pkg));
  const isWithoutIds = WITHOUT_IDS.includes(fields.type);
  const vulnerabilities = scanners.includes('vuln')
    ? told.flatMap(({ subject, pkg }) =>
        findingsOf(subject.model).map((each) =>
          toVulnerability(each, isWithoutIds ? { ...pkg, id: '' } : pkg),
        ),
      )
    : [];
  return newMessage(ResultSchema, {
    ...fields,
    vulnerabilities: inReportOrder(vulnerabilities),
    packages: parts.isOldClient && !listAllPackages ? [] : told.map(({ pkg }) => pkg),
  });
}

/** The package as reports show it: in its layer, with its URL and its number. */
function toTold({ merged, applicationPath, model }: Subject, of: ScanSubject, parts: ResultParts): Package {
  const told = clone(PackageSchema, merged.pkg);
  told.licenses = [...merged.licenses];
  if (merged.layer) told.layer = merged.layer;
  const isOfSystem = applicationPath === '' && model?.application === undefined;
  const known = isOfSystem && of.isOverridden ? '' : (told.identifier?.purl ?? '');
  const hasUrl = model && model.type !== 'generic';
  told.identifier = newMessage(PkgIdentifierSchema, {
    purl: known || (hasUrl ? parts.packageUrl(model, of.system) : ''),
    uid: told.identifier?.uid || packageUid(merged.pkg, applicationPath),
    bomRef: told.identifier?.bomRef ?? '',
  });
  return told;
}

function byNameVersionAndPath(a: Package, b: Package): number {
  return byText(a.name, b.name) || byText(a.version, b.version) || byText(a.filePath, b.filePath);
}

function inReportOrder(vulnerabilities: Vulnerability[]): Vulnerability[] {
  return vulnerabilities.sort(
    (a, b) =>
      byText(a.pkgName, b.pkgName) ||
      byText(a.pkgId, b.pkgId) ||
      byText(a.installedVersion, b.installedVersion) ||
      b.severity - a.severity ||
      byText(a.vulnerabilityId, b.vulnerabilityId) ||
      byText(a.pkgPath, b.pkgPath),
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
