import { normalMediaType } from '../../base/media-type.ts';

/** Reports that are known by name, in their normalised spelling. */
export const VULNERABILITY_11 = 'application/vnd.security.vulnerability.report; version=1.1';
export const VULNERABILITY_10 = 'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0';
export const SBOM_10 = 'application/vnd.security.sbom.report+json; version=1.0';
export const BOM_10 = 'application/vnd.security.bom.report; version=1.0';

export const SPDX = 'application/spdx+json';
export const CYCLONEDX = 'application/vnd.cyclonedx+json';
export type BillMediaType = typeof SPDX | typeof CYCLONEDX;

/** What a type of report is about; `other` for those that are only handed on. */
export type ReportKind = 'vulnerability' | 'sbom' | 'other';

/** @param mediaType normalised */
export function reportKind(mediaType: string): ReportKind {
  if (mediaType === VULNERABILITY_11 || mediaType === VULNERABILITY_10) return 'vulnerability';
  return mediaType === SBOM_10 || mediaType === BOM_10 ? 'sbom' : 'other';
}

/** Whether two names of media types mean the same. */
export function isSameType(a: string, b: string): boolean {
  const normal = normalMediaType(a);
  return normal !== undefined && normal === normalMediaType(b);
}

/** Whether a report of one type can be made out of one of the other. */
export function isConvertible(from: string, to: string): boolean {
  const [a, b] = [normalMediaType(from), normalMediaType(to)];
  if (a === undefined || b === undefined) return false;
  return a === b || (reportKind(a) !== 'other' && reportKind(a) === reportKind(b));
}

/** The kind of bill that a task asks for: by its `format`, or by the list of Harbor's own parameters. */
export function billMediaType(parameters: Readonly<Record<string, unknown>>): BillMediaType {
  const { format, sbom_media_types: types } = parameters;
  const [first] = Array.isArray(types) ? (types as unknown[]) : [];
  const said = first ?? format;
  return typeof said === 'string' && said.toLowerCase().includes('cyclonedx') ? CYCLONEDX : SPDX;
}
