import { normalMediaType, parseMediaType } from '../../base/media-type.ts';

/** What a report that Drydock makes itself is about. */
export type ReportSubject = 'vulnerability' | 'bill' | 'filesystem' | 'license' | 'secret';

export interface LocalType {
  /** In its one spelling, with its version. */
  readonly mediaType: string;
  readonly subject: ReportSubject;
}

export const VULNERABILITIES = 'application/vnd.security.vulnerability.report; version=1.1';
export const OLD_VULNERABILITIES = 'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0';
export const BILL = 'application/vnd.security.bom.report; version=1.0';
/** What Harbor calls a bill of materials. */
export const SBOM = 'application/vnd.security.sbom.report+json; version=1.0';
export const FILESYSTEM = 'application/vnd.security.filesystem.report; version=1.0';
export const LICENSES = 'application/vnd.security.license.report; version=1.0';
export const SECRETS = 'application/vnd.security.secret.report; version=1.0';

/** Everything that Drydock makes itself. */
export const LOCAL_TYPES: readonly LocalType[] = [
  { mediaType: VULNERABILITIES, subject: 'vulnerability' },
  { mediaType: OLD_VULNERABILITIES, subject: 'vulnerability' },
  { mediaType: BILL, subject: 'bill' },
  { mediaType: SBOM, subject: 'bill' },
  { mediaType: FILESYSTEM, subject: 'filesystem' },
  { mediaType: LICENSES, subject: 'license' },
  { mediaType: SECRETS, subject: 'secret' },
];

const BY_TYPE: ReadonlyMap<string, LocalType> = new Map(LOCAL_TYPES.map((type) => [type.mediaType, type]));
const VERSION_OF: ReadonlyMap<string, string> = new Map(
  LOCAL_TYPES.map(({ mediaType }) => [parseMediaType(mediaType)?.essence ?? '', mediaType]),
);

/**
 * The one spelling of all names of a type of report. A type that Drydock knows has its usual version where none is
 * named. Undefined for what is no media type.
 */
export function reportTypeOf(key: string): string | undefined {
  const parsed = parseMediaType(key);
  if (!parsed) return undefined;
  const usual = parsed.parameters.size === 0 ? VERSION_OF.get(parsed.essence) : undefined;
  return usual ?? normalMediaType(key);
}

/** Undefined for what Drydock does not make. @param mediaType in its one spelling */
export function localTypeOf(mediaType: string): LocalType | undefined {
  return BY_TYPE.get(mediaType);
}

/** A word for metrics. */
export function typeWord(mediaType: string): string {
  return localTypeOf(mediaType)?.subject ?? 'other';
}
