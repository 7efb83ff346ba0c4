import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import { packageUrlOf } from '../package-identity.ts';
import { countSeverities } from '../severities.ts';
import type { Fields, Value } from './value.ts';

/** All that a template can see. Every field is there in every report; what is not known is empty. */
export function templateData(report: Report): Fields {
  const { image, os, scannedAt, engine, advisoryDbs, diagnostics, suppressed = [] } = report;
  const findings = [...findingRows(report)].map(findingFields);
  return {
    image: {
      ...{ name: image.name, kind: image.kind, digest: image.digest, id: image.configDigest },
      ...{ os: image.platform.os, architecture: image.platform.architecture },
      repository: image.reference ? `${image.reference.registry}/${image.reference.repository}` : '',
      tag: image.reference?.tag ?? '',
      ...{ tags: image.repoTags, digests: image.repoDigests },
      layers: image.layers.map(({ digest, diffId, sizeBytes, createdBy }) => ({
        ...{ digest, diffId, size: sizeBytes, createdBy: createdBy ?? '' },
      })),
    },
    os: { family: os?.family ?? '', version: os?.version ?? '', name: os?.prettyName ?? '' },
    endOfLife: report.endOfLife ?? false,
    scannedAt,
    engine,
    databases: advisoryDbs.map(({ source, digest, builtAt }) => ({ source, digest, builtAt })),
    counts: countsOf(report.findings),
    findings,
    results: resultsOf(findings),
    packages: report.packages.map((pkg) => packageFields(pkg, report)),
    diagnostics: diagnostics.map(({ code, path, message }) => ({ code, path: path ?? '', message })),
    suppressed: suppressed.map(({ status, statement, source, finding }) => ({
      ...{ status, statement: statement ?? '', source, severity: finding.severity, kind: finding.kind },
      id:
        finding.kind === 'vulnerability'
          ? finding.id
          : finding.kind === 'license'
            ? finding.name
            : finding.ruleId,
    })),
  };
}

function countsOf(list: Report['findings']): Fields {
  const { CRITICAL, HIGH, MEDIUM, LOW, UNKNOWN } = countSeverities(list);
  return { total: list.length, critical: CRITICAL, high: HIGH, medium: MEDIUM, low: LOW, unknown: UNKNOWN };
}

function findingFields({ cvssScore, epss, epssPercentile, ...row }: FindingRow): Fields {
  return {
    ...row,
    cvssScore: cvssScore ?? '',
    epss: epss ?? '',
    epssPercentile: epssPercentile ?? '',
    link: row.links[0] ?? '',
  };
}

/** Only those in which something was found. */
function resultsOf(findings: readonly Fields[]): Value {
  const groups = new Map<string, Fields[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding['class'], finding['target'], finding['type']]);
    const group = groups.get(key);
    if (group) group.push(finding);
    else groups.set(key, [finding]);
  }
  return [...groups.values()].map((group) => ({
    ...{
      target: group[0]?.['target'] ?? '',
      class: group[0]?.['class'] ?? '',
      type: group[0]?.['type'] ?? '',
    },
    findings: group,
  }));
}

function packageFields(pkg: Package, { os }: Report): Fields {
  const { name, version, type, architecture, licenses, paths, application } = pkg;
  return {
    ...{ name, version, type, licenses, paths, purl: packageUrlOf(pkg, os) },
    ...{ architecture: architecture ?? '', application: application ?? '' },
  };
}
