import type { Finding } from '../../model/finding.ts';
import type { Report, SuppressedFinding } from '../../model/report.ts';
import { packageUid, packageUrlOf } from '../package-identity.ts';
import { resultsOf, type ReportResult } from '../results.ts';
import type { ResultContext } from './context.ts';
import { filled } from './filled.ts';
import { jsonLicense, jsonMisconfiguration, jsonSecret } from './other-findings.ts';
import { jsonPackages } from './packages.ts';
import { jsonVulnerability } from './vulnerability.ts';

interface Options {
  readonly artifact: string;
  readonly isListingAll: boolean;
  readonly showsSuppressed: boolean;
}

/** `Results` of Trivy's report; undefined when there are none. */
export function jsonResults(report: Report, options: Options): readonly unknown[] | undefined {
  const identify = identifier(report.os);
  const suppressed = options.showsSuppressed ? suppressedByResult(report) : new Map<string, Suppressed>();
  const results = resultsOf(report);
  const known = new Set(results.map(keyOf));
  const others = [...suppressed.values()].filter(({ result }) => !known.has(keyOf(result)));
  const told = [...results, ...others.map(({ result }) => ({ ...result, ...NO_FINDINGS }))];
  return filled(
    told.map((result) => jsonResult(result, identify, suppressed.get(keyOf(result))?.list ?? [], options)),
  );
}

const NO_FINDINGS = { vulnerabilities: [], misconfigurations: [], secrets: [], licenses: [] } as const;

/** What is suppressed of one result. */
interface Suppressed {
  readonly result: ReportResult;
  readonly list: SuppressedFinding[];
}

function keyOf(result: ReportResult): string {
  return `${result.class}\0${result.target}\0${result.type ?? ''}`;
}

function suppressedByResult(report: Report): Map<string, Suppressed> {
  const found = new Map<string, Suppressed>();
  for (const one of report.suppressed ?? []) {
    const alone = resultsOf({ ...report, packages: [], findings: [one.finding] });
    // The operating system has a result without findings, too.
    const result = alone.find((each) => Object.keys(NO_FINDINGS).some((list) => hasSome(each, list)));
    if (!result) continue;
    const known = found.get(keyOf(result));
    if (known) known.list.push(one);
    else found.set(keyOf(result), { result, list: [one] });
  }
  return found;
}

function hasSome(result: ReportResult, list: string): boolean {
  return result[list as keyof typeof NO_FINDINGS].length > 0;
}

function jsonResult(
  result: ReportResult,
  identify: ResultContext['identify'],
  suppressed: readonly SuppressedFinding[],
  { artifact, isListingAll }: Options,
): unknown {
  const context: ResultContext = { target: result.target, artifact, identify };
  const { misconfigurations } = result;
  return {
    Target: result.target,
    Class: result.class,
    Type: result.type,
    Packages: isListingAll ? filled(jsonPackages(result.packages, context)) : undefined,
    Vulnerabilities: filled(result.vulnerabilities.map((finding) => jsonVulnerability(finding, context))),
    MisconfSummary: filled(misconfigurations) && { Successes: 0, Failures: misconfigurations.length },
    Misconfigurations: filled(misconfigurations.map(jsonMisconfiguration)),
    Secrets: filled(result.secrets.map(jsonSecret)),
    Licenses: filled(result.licenses.map(jsonLicense)),
    ExperimentalModifiedFindings: filled(suppressed.map((one) => jsonSuppressed(one, context))),
  };
}

function jsonSuppressed(
  { finding, status, statement, source }: SuppressedFinding,
  context: ResultContext,
): unknown {
  return {
    Type: finding.kind,
    Status: status,
    Statement: statement ?? '',
    Source: source,
    Finding: jsonFinding(finding, context),
  };
}

function jsonFinding(finding: Finding, context: ResultContext): unknown {
  if (finding.kind === 'vulnerability') return jsonVulnerability(finding, context);
  if (finding.kind === 'secret') return jsonSecret(finding);
  return finding.kind === 'license' ? jsonLicense(finding) : jsonMisconfiguration(finding);
}

/** A package has many findings, and each of them names it: reckoned once. */
function identifier(os: Report['os']): ResultContext['identify'] {
  const known = new Map<string, unknown>();
  return (pkg) => {
    const key = [pkg.type, pkg.name, pkg.version, pkg.architecture, pkg.modularityLabel, ...pkg.paths].join(
      '\0',
    );
    const identity = known.get(key) ?? { PURL: packageUrlOf(pkg, os), UID: packageUid(pkg) };
    known.set(key, identity);
    return identity;
  };
}
