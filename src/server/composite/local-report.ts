import type { Severity } from '../../model/advisory.ts';
import type { ComponentRecord, CompositeRecord } from '../../model/composite.ts';
import type { Report } from '../../model/report.ts';
import { filesystemReport } from '../../reports/harbor/filesystem-report.ts';
import { gnuPolicy } from '../../reports/harbor/gnu-violations.ts';
import { licenseReport } from '../../reports/harbor/license-report.ts';
import type { ReportFrame } from '../../reports/harbor/report-frame.ts';
import { harborSbomReport } from '../../reports/harbor/sbom-report.ts';
import { SECRET_SOURCES, secretReport } from '../../reports/harbor/secret-report.ts';
import { harborVulnerabilityReport } from '../../reports/harbor/vulnerability-report.ts';
import { selectFindings } from '../../reports/select.ts';
import { listIn } from '../../scan/composite/parameters.ts';
import { localTypeOf, type ReportSubject } from '../../scan/composite/scan-types.ts';
import { SCANNER } from '../harbor/metadata.ts';

type Writer = (
  report: Report,
  frame: ReportFrame,
  parameters: ComponentRecord['parameters'],
) => Iterable<string>;

const ALL_SEVERITIES: readonly Severity[] = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];

const WRITERS: Readonly<Record<ReportSubject, Writer>> = {
  vulnerability: (report, frame, parameters) =>
    harborVulnerabilityReport(filtered(report, parameters), frame),
  bill(report, frame, parameters) {
    const isCycloneDx = parameters['format'] === 'cyclonedx';
    const policy = parameters['allowGNU'] === false ? gnuPolicy(report) : undefined;
    return harborSbomReport(
      report,
      frame,
      isCycloneDx ? 'application/vnd.cyclonedx+json' : 'application/spdx+json',
      policy,
    );
  },
  filesystem: (report, frame, parameters) =>
    filesystemReport(report, frame, {
      checks: listIn(parameters, 'checks'),
      paths: listIn(parameters, 'paths'),
      forbid: listIn(parameters, 'forbid'),
      require: listIn(parameters, 'require'),
    }),
  license: (report, frame, parameters) =>
    licenseReport(report, frame, { allow: listIn(parameters, 'allow'), deny: listIn(parameters, 'deny') }),
  secret(report, frame, parameters) {
    const asked = listIn(parameters, 'sources');
    return secretReport(
      report,
      frame,
      SECRET_SOURCES.filter((source) => asked.includes(source)),
    );
  },
};

/** A report of Drydock's own in the form of a type, in pieces of JSON. */
export function localReport(
  report: Report,
  { mediaType, parameters }: ComponentRecord,
  frame: ReportFrame,
): Iterable<string> | undefined {
  const subject = localTypeOf(mediaType)?.subject;
  return subject && WRITERS[subject](report, frame, parameters);
}

function filtered(report: Report, parameters: ComponentRecord['parameters']): Report {
  if (Object.keys(parameters).length === 0) return report;
  const severities = new Set(listIn(parameters, 'severity').map((word) => word.toUpperCase()));
  const types = listIn(parameters, 'packageTypes');
  return selectFindings(report, {
    severities: ALL_SEVERITIES.filter((severity) => severities.size === 0 || severities.has(severity)),
    ignoreUnfixed: parameters['ignoreUnfixed'] === true,
    ignoreStatuses: [],
    pkgTypes: (['os', 'library'] as const).filter((type) => types.length === 0 || types.includes(type)),
    ignoreRules: [],
    includeDevelopment: true,
    now: new Date(),
  });
}

export function frameOf({ artifact }: CompositeRecord, generatedAt: string, version: string): ReportFrame {
  const { repository, digest, tag, manifestType } = artifact;
  return {
    generatedAt,
    artifact: {
      repository,
      digest,
      ...(tag !== undefined && { tag }),
      ...(manifestType !== undefined && { mime_type: manifestType }),
    },
    scanner: { ...SCANNER, version },
  };
}
