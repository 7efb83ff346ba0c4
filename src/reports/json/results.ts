import type { Report } from '../../model/report.ts';
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
}

/** `Results` of Trivy's report; undefined when there are none. */
export function jsonResults(report: Report, options: Options): readonly unknown[] | undefined {
  const identify = identifier(report.os);
  return filled(resultsOf(report).map((result) => jsonResult(result, identify, options)));
}

function jsonResult(
  result: ReportResult,
  identify: ResultContext['identify'],
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
  };
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
