import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { packageUrl } from '../../codec/purl.ts';
import { packageUrlOf } from '../package-identity.ts';
import { resultsOf, isAggregated, type ReportResult } from '../results.ts';
import type { Bill, BillPart, PartKind } from './bill.ts';
import { packageProperties, subjectProperties, systemProperties } from './properties.ts';
import { stableUuid } from './stable-id.ts';
import { openDependencies } from './dependencies.ts';

/** The report as a tree: image, operating system and applications, packages. */
export function billOf(report: Report, variant: string): Bill {
  const { image } = report;
  const databases = report.advisoryDbs.map(({ source, digest }) => `${source}@${digest}`);
  const uuidOf = openUuids(image.digest);
  const subject: BillPart = {
    ...part('container', image.name, uuidOf),
    kind: image.kind === 'filesystem' ? 'directory' : 'container',
    ...optional('purl', imageUrl(report)),
    ...optional('version', image.kind === 'image' ? image.digest : undefined),
    properties: subjectProperties(report),
  };
  const parts: BillPart[] = [];
  for (const result of resultsOf(report)) {
    if (result.class === 'os-pkgs' || result.class === 'lang-pkgs')
      addResult(result, report, subject, parts, uuidOf);
  }
  return {
    uuid: stableUuid('bill', image.digest, image.name, report.engine, variant, ...databases),
    subject,
    parts,
  };
}

type UuidOf = (...parts: readonly string[]) => string;

/** Equal parts are told apart by their number. */
function openUuids(digest: string): UuidOf {
  const seen = new Map<string, number>();
  return (...parts) => {
    const key = JSON.stringify(parts);
    const number = seen.get(key) ?? 0;
    seen.set(key, number + 1);
    return stableUuid(digest, ...parts, ...(number > 0 ? [String(number)] : []));
  };
}

function part(kind: PartKind, name: string, uuidOf: UuidOf, ...more: readonly string[]): BillPart {
  const uuid = uuidOf(kind, name, ...more);
  return { uuid, kind, name, properties: [], vulnerabilities: [], holds: [], needs: [] };
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}

function addResult(
  result: ReportResult,
  report: Report,
  subject: BillPart,
  parts: BillPart[],
  uuidOf: UuidOf,
): void {
  const first = result.packages[0];
  // Packages that are files of their own lie in the image itself.
  const holder = first && isAggregated(first) ? undefined : holderOf(result, report, uuidOf);
  if (holder) {
    subject.holds.push(holder);
    parts.push(holder);
  }
  const vulnerabilities = byPackage(result.vulnerabilities);
  const libraries = result.packages.map((pkg): BillPart => {
    const { type, name, version, architecture = '', paths } = pkg;
    return {
      ...part('library', name, uuidOf, type, version, architecture, ...paths),
      ...optional('version', version),
      purl: packageUrlOf(pkg, report.os),
      properties: packageProperties(pkg, result.type ?? ''),
      package: pkg,
      ...(holder?.kind === 'application' && { foundIn: result.target }),
      vulnerabilities: vulnerabilities.get(pkg) ?? vulnerabilities.get(keyOf(pkg)) ?? [],
    };
  });
  for (const library of libraries) parts.push(library);
  const isHeld = openDependencies(libraries);
  for (const library of libraries) if (isHeld(library)) (holder ?? subject).holds.push(library);
}

function holderOf(result: ReportResult, report: Report, uuidOf: UuidOf): BillPart {
  const { os } = report;
  if (result.class === 'os-pkgs') {
    return {
      ...part('operating-system', os?.family ?? 'none', uuidOf),
      ...optional('version', os?.version),
      ...optional('description', os?.prettyName),
      properties: systemProperties(report),
    };
  }
  const type = result.type ?? '';
  return {
    ...part('application', result.target, uuidOf, type),
    properties: [
      ['Class', 'lang-pkgs'],
      ['Type', type],
    ],
  };
}

/** A report that was stored and read again holds copies of packages: those are found by what they say. */
function byPackage(
  findings: readonly VulnerabilityFinding[],
): ReadonlyMap<Package | string, VulnerabilityFinding[]> {
  const found = new Map<Package | string, VulnerabilityFinding[]>();
  for (const finding of findings) {
    for (const key of [finding.package, keyOf(finding.package)]) {
      const known = found.get(key);
      if (known) known.push(finding);
      else found.set(key, [finding]);
    }
  }
  return found;
}

function keyOf({ type, name, version, architecture, paths }: Package): string {
  return JSON.stringify([type, name, version, architecture, paths]);
}

/** @see https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md */
function imageUrl({ image }: Report): string | undefined {
  const [known] = image.repoDigests;
  const at = known?.lastIndexOf('@') ?? -1;
  if (known === undefined || at <= 0) return undefined;
  const repository = known.slice(0, at).toLowerCase();
  return packageUrl({
    type: 'oci',
    name: repository.slice(repository.lastIndexOf('/') + 1),
    version: known.slice(at + 1),
    qualifiers: { arch: image.platform.architecture, repository_url: repository },
  });
}
