import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { packageUrlOf } from '../package-identity.ts';
import { isGnuLicensed } from './license-verdict.ts';

/** What a policy that wants no GNU licences says of an image: nothing is left out of the bill, but this is told with it. */
export function gnuPolicy(report: Report): object {
  const found = new Map<Package, Set<string>>();
  for (const finding of report.findings) {
    if (finding.kind !== 'license' || !finding.package || !isGnuLicensed(finding.name)) continue;
    const licenses = found.get(finding.package) ?? new Set();
    found.set(finding.package, licenses.add(finding.name));
  }
  const violations = [...found].map(([pkg, licenses]) => ({
    name: pkg.name,
    version: pkg.version,
    type: pkg.type,
    purl: packageUrlOf(pkg, report.os),
    licenses: [...licenses],
  }));
  return { policy: { allowGNU: false, violations } };
}
