import type { LicenseFinding } from '../../model/finding.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { compareTexts } from '../results.ts';
import { openLicenseVerdicts, type LicensePolicy } from './license-verdict.ts';
import { openFrame, type ReportFrame } from './report-frame.ts';

/** Which licences there are, what is under them, and what the asker's lists say of them; in pieces of JSON. */
export function* licenseReport(report: Report, frame: ReportFrame, policy: LicensePolicy): Generator<string> {
  const verdictOf = openLicenseVerdicts(policy);
  const byName = [...groups(report)].sort(([a], [b]) => compareTexts(a, b));
  const denied = byName.filter(([name]) => verdictOf(name) === 'denied').length;
  yield openFrame(frame);
  yield `,"vendor_attributes":${JSON.stringify({ policy: { ...policy, denied } })},"licenses":[`;
  for (const [index, [license, findings]] of byName.entries()) {
    const element = {
      license,
      category: findings[0]?.category ?? 'unknown',
      packages: packagesOf(findings),
      ...filesOf(findings),
      verdict: verdictOf(license),
    };
    yield `${index > 0 ? ',' : ''}${JSON.stringify(element)}`;
  }
  yield ']}';
}

function groups({ findings }: Report): ReadonlyMap<string, LicenseFinding[]> {
  const byName = new Map<string, LicenseFinding[]>();
  for (const finding of findings) {
    if (finding.kind !== 'license') continue;
    const group = byName.get(finding.name);
    if (group) group.push(finding);
    else byName.set(finding.name, [finding]);
  }
  return byName;
}

/** Each once, however many files of the image hold it. */
function packagesOf(findings: readonly LicenseFinding[]): unknown[] {
  const told = new Map<string, Pick<Package, 'name' | 'version' | 'type'>>();
  for (const { package: pkg } of findings) {
    if (!pkg) continue;
    const { name, version, type } = pkg;
    told.set([type, name, version].join('\0'), { name, version, type });
  }
  return [...told].sort(([a], [b]) => compareTexts(a, b)).map(([, pkg]) => pkg);
}

/** Of licence texts that belong to no package. */
function filesOf(findings: readonly LicenseFinding[]): { readonly files?: readonly string[] } {
  const paths = new Set(findings.flatMap(({ package: pkg, path }) => (pkg ? [] : (path ?? []))));
  return paths.size > 0 ? { files: [...paths].sort(compareTexts) } : {};
}
