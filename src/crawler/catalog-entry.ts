import { advisoryNames } from '../match/advisory-names.ts';
import type { Severity } from '../model/advisory.ts';
import type { Report, ScanKey } from '../model/report.ts';
import type { CatalogEntry } from '../store/catalog/catalog.ts';

/** As it was asked for, and when. */
export interface Asked {
  readonly name: string;
  readonly at: Date;
}

/**
 * What the catalogue is to know of a report.
 * @param asked by somebody; without it, only what is known of the image already is its name
 */
export function toCatalogEntry(report: Report, key: ScanKey, asked?: Asked): CatalogEntry {
  const { image, os, packages, findings, scannedAt } = report;
  const bySeverity: Record<Severity, number> = { UNKNOWN: 0, LOW: 0, MEDIUM: 0, HIGH: 0, CRITICAL: 0 };
  const vulnerabilities = new Set<string>();
  for (const finding of findings) {
    if (finding.kind !== 'vulnerability') continue;
    bySeverity[finding.severity]++;
    vulnerabilities.add(finding.id);
  }
  return {
    image: {
      identity: key.image,
      digest: image.digest,
      configDigest: image.configDigest,
      platform: image.platform,
      ...(os && { os }),
      names: asked ? [asked.name] : [],
      ...(asked && { askedAt: asked.at.toISOString() }),
      analyzers: key.analyzers,
      report: key,
      scannedAt,
      packages: packages.length,
      bySeverity,
    },
    advisoryNames: advisoryNames({ ...(os && { os }), packages }, new Date(scannedAt)),
    vulnerabilities: [...vulnerabilities].sort(),
  };
}
