import type { Report } from '../../model/report.ts';
import { cyclonedxFormat } from '../cyclonedx/cyclonedx.ts';
import type { ReportFormat } from '../format.ts';
import { spdxJsonFormat } from '../spdx/spdx-json.ts';
import { openFrame, type ReportFrame } from './report-frame.ts';

type BillMediaType = 'application/spdx+json' | 'application/vnd.cyclonedx+json';

const FORMATS: Readonly<Record<BillMediaType, ReportFormat>> = {
  'application/spdx+json': spdxJsonFormat,
  'application/vnd.cyclonedx+json': cyclonedxFormat,
};

/**
 * A bill of materials as Harbor takes it, in pieces of JSON. It goes into the registry beside the image and stays there
 * as it is, so vulnerabilities have no place in it.
 */
export function* harborSbomReport(
  report: Report,
  frame: ReportFrame,
  mediaType: BillMediaType,
  vendorAttributes?: object,
): Generator<string> {
  yield openFrame(frame);
  if (vendorAttributes) yield `,"vendor_attributes":${JSON.stringify(vendorAttributes)}`;
  yield `,"media_type":${JSON.stringify(mediaType)},"sbom":`;
  yield* FORMATS[mediaType].encode(report, { vulnerabilities: 'false' });
  yield '}';
}
