import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { toDigest } from '../base/digest.ts';
import type { Cvss, Severity as ModelSeverity } from '../model/advisory.ts';
import type {
  Finding,
  FoundIn,
  LicenseCategory,
  LicenseFinding,
  MisconfigurationFinding,
  SecretFinding,
  VulnerabilityFinding,
} from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import { wirePackageId } from './from-model-package.ts';
import {
  LicenseCategory_Enum,
  Severity,
  type CVSS,
  type DetectedLicense,
  type DetectedMisconfiguration,
  type Layer,
  type SecretFinding as WireSecret,
  type Vulnerability,
} from './messages/common.ts';
import type { Result } from './messages/scanner.ts';
import { STATUSES } from './to-vulnerability.ts';

/**
 * What a server of Trivy found, in our words.
 *
 * @param packages those that were put; findings of others, of which a server should not speak, are left out
 */
export function resultsToFindings(results: readonly Result[], packages: readonly Package[]): Finding[] {
  const find = openPackageSearch(packages);
  return results.flatMap((result): Finding[] => [
    ...result.vulnerabilities.flatMap((each) => {
      const pkg = find(result, each);
      return pkg ? [toVulnerabilityFinding(each, pkg)] : [];
    }),
    ...result.misconfigurations
      .filter(({ status }) => status === 'FAIL')
      .map((each) => toMisconfigurationFinding(each, result.target)),
    ...result.secrets.map((each) => toSecretFinding(each, result.target)),
    ...result.licenses.map((each) => toLicenseFinding(each)),
  ]);
}

type PackageSearch = (result: Result, vulnerability: Vulnerability) => Package | undefined;

/** By name, version and place within the application that the result is about. */
function openPackageSearch(packages: readonly Package[]): PackageSearch {
  const known = new Map<string, Package>();
  const add = (pkg: Package, ...parts: readonly string[]): void => {
    const key = parts.join('\0');
    if (!known.has(key)) known.set(key, pkg);
  };
  for (const pkg of packages) {
    const type = pkg.application ?? '';
    add(pkg, type, pkg.paths[0] ?? '', pkg.name, pkg.version);
    add(pkg, type, '', pkg.name, pkg.version);
    add(pkg, type, wirePackageId(pkg));
  }
  return (result, { pkgId, pkgName, pkgPath, installedVersion }) => {
    const type = result.class === 'os-pkgs' ? '' : result.type;
    const places = [pkgPath, result.target, ''].map((place) => [type, place, pkgName, installedVersion]);
    const keys = type === '' && pkgId !== '' ? [[type, pkgId], ...places] : [...places, [type, pkgId]];
    for (const key of keys) {
      const found = known.get(key.join('\0'));
      if (found) return found;
    }
    return undefined;
  };
}

function toVulnerabilityFinding(from: Vulnerability, pkg: Package): VulnerabilityFinding {
  const { dataSource } = from;
  const publishedAt = toTime(from.publishedDate);
  const modifiedAt = toTime(from.lastModifiedDate);
  return {
    kind: 'vulnerability',
    id: from.vulnerabilityId,
    package: pkg,
    installedVersion: from.installedVersion,
    ...(from.fixedVersion !== '' && { fixedVersion: from.fixedVersion }),
    status: STATUSES[from.status] ?? 'unknown',
    severity: severityName(from.severity),
    ...(from.severitySource !== '' && { severitySource: from.severitySource }),
    vendorIds: from.vendorIds,
    ...(dataSource && { dataSource: { id: dataSource.id, name: dataSource.name, url: dataSource.url } }),
    ...(from.primaryUrl !== '' && { primaryUrl: from.primaryUrl }),
    vulnerability: {
      id: from.vulnerabilityId,
      ...(from.title !== '' && { title: from.title }),
      ...(from.description !== '' && { description: from.description }),
      severityBySource: mapped(from.vendorSeverity, severityName),
      cvssBySource: mapped(from.cvss, toCvss),
      cwes: from.cweIds,
      references: from.references,
      ...(publishedAt !== undefined && { publishedAt }),
      ...(modifiedAt !== undefined && { modifiedAt }),
    },
  };
}

function toMisconfigurationFinding(from: DetectedMisconfiguration, target: string): MisconfigurationFinding {
  return {
    kind: 'misconfiguration',
    ruleId: from.id,
    title: from.title,
    description: from.description,
    message: from.message,
    resolution: from.resolution,
    severity: severityName(from.severity),
    subject: 'file',
    path: withoutSlash(target),
    references: from.references,
    ...foundIn(from.layer),
  };
}

function toSecretFinding(from: WireSecret, target: string): SecretFinding {
  return {
    kind: 'secret',
    ruleId: from.ruleId,
    category: from.category,
    title: from.title,
    severity: Object.hasOwn(Severity, from.severity) ? (from.severity as ModelSeverity) : 'UNKNOWN',
    path: withoutSlash(target),
    startLine: from.startLine,
    endLine: from.endLine,
    match: from.match,
    code: (from.code?.lines ?? []).map(({ number, content, isCause }) => ({
      number,
      text: content,
      isCause,
    })),
    ...foundIn(from.layer),
  };
}

const CATEGORIES = new Map(
  Object.entries(LicenseCategory_Enum).map(([name, number]) => [number, name.toLowerCase()]),
);

function toLicenseFinding(from: DetectedLicense): LicenseFinding {
  const category = CATEGORIES.get(from.category) ?? 'unknown';
  return {
    kind: 'license',
    name: from.name,
    category: (category === 'unspecified' ? 'unknown' : category) as LicenseCategory,
    severity: severityName(from.severity),
    ...(from.filePath !== '' && { path: withoutSlash(from.filePath) }),
    confidence: from.confidence,
    ...(from.link !== '' && { link: from.link }),
  };
}

function severityName(severity: Severity): ModelSeverity {
  const names: Readonly<Record<number, ModelSeverity>> = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
  return names[severity] ?? 'UNKNOWN';
}

function toCvss(from: CVSS): Cvss {
  return {
    ...(from.v2Vector !== '' && { v2Vector: from.v2Vector }),
    ...(from.v2Score !== 0 && { v2Score: from.v2Score }),
    ...(from.v3Vector !== '' && { v3Vector: from.v3Vector }),
    ...(from.v3Score !== 0 && { v3Score: from.v3Score }),
    ...(from.v40Vector !== '' && { v40Vector: from.v40Vector }),
    ...(from.v40Score !== 0 && { v40Score: from.v40Score }),
  };
}

function mapped<T, U>(record: Readonly<Record<string, T>>, to: (value: T) => U): Record<string, U> {
  const result = Object.create(null) as Record<string, U>;
  for (const [name, value] of Object.entries(record)) result[name] = to(value);
  return result;
}

/** A server may send what is no time at all. */
function toTime(stamp: Timestamp | undefined): string | undefined {
  const date = stamp && timestampDate(stamp);
  return date && !Number.isNaN(date.getTime()) ? date.toISOString().replace('.000Z', 'Z') : undefined;
}

function foundIn(layer: Layer | undefined): { readonly layer?: FoundIn } {
  const diffId = toDigest(layer?.diffId);
  const digest = toDigest(layer?.digest) ?? diffId;
  return digest && diffId ? { layer: { digest, diffId } } : {};
}

function withoutSlash(path: string): string {
  return path.replace(/^\//, '');
}
