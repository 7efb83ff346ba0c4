import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import { readJsonReport } from '../../reports/json/read-report.ts';
import { grypeFindings, isGrype } from './grype.ts';
import { harborFindings, isHarbor } from './harbor.ts';
import { isObject } from './shape.ts';
import { isVulnerabilityReport, vulnerabilityReportFindings } from './vulnerability-report.ts';

const MAX_BYTES = 256 << 20;
const BOUNDS = { depth: 64, containers: 5_000_000 };

/**
 * The vulnerabilities that a report tells of: Trivy's or Drydock's JSON, Grype's, Harbor's, or a VulnerabilityReport of
 * sbomscanner or trivy-operator.
 *
 * @param name of the file, for messages
 * @throws DrydockError REPORT_INVALID
 */
export function readFindings(bytes: Uint8Array, name: string): readonly VulnerabilityFinding[] {
  const json = parse(bytes, name);
  if (isVulnerabilityReport(json)) return vulnerabilityReportFindings(json);
  if (isGrype(json)) return grypeFindings(json);
  if (isHarbor(json)) return harborFindings(json);
  if (isObject(json) && 'SchemaVersion' in json) {
    const { findings } = readJsonReport(bytes, name);
    return findings.filter((finding) => finding.kind === 'vulnerability');
  }
  throw invalid(name, "is none of Trivy's, Drydock's, Grype's, Harbor's or sbomscanner's");
}

function parse(bytes: Uint8Array, name: string): unknown {
  if (bytes.length > MAX_BYTES) throw invalid(name, `has more than ${MAX_BYTES >> 20} MiB`);
  if (!isWithinJsonBounds(bytes, BOUNDS)) throw invalid(name, 'is nested too deep or has too many members');
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalid(name, 'is not JSON');
  }
}

function invalid(name: string, problem: string): DrydockError {
  return new DrydockError('REPORT_INVALID', `report ${name} ${problem}`, {
    hint: 'Give a report in JSON, or leave --report out: then the image is scanned.',
  });
}
