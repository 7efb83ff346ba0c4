/** What Harbor's pluggable scanner API calls things. Exact spellings: Harbor compares them as texts. */
export const METADATA_TYPE = 'application/vnd.scanner.adapter.metadata+json';
export const SCAN_REQUEST_TYPE = 'application/vnd.scanner.adapter.scan.request+json';
export const SCAN_RESPONSE_TYPE = 'application/vnd.scanner.adapter.scan.response+json; version=1.0';
export const ERROR_TYPE = 'application/vnd.scanner.adapter.error+json; version=1.0';

export const VULNERABILITY_REPORT = 'application/vnd.security.vulnerability.report; version=1.1';
export const OLD_VULNERABILITY_REPORT =
  'application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0';
export const RAW_REPORT = 'application/vnd.scanner.adapter.vuln.report.raw';
export const SBOM_REPORT = 'application/vnd.security.sbom.report+json; version=1.0';

/** Manifests that are taken, never indexes: Harbor would give their images no report of their own. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;

/** Bills of materials that are offered. */
export const SBOM_MEDIA_TYPES = ['application/spdx+json', 'application/vnd.cyclonedx+json'] as const;

/** A media type, taken apart. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** By name in lower case, in the order of their names. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_CHARS = 1024;
const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Undefined for what is none. Blanks and the order of parameters do not matter. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const [first = '', ...rest] = text.split(';');
  const essence = first.trim().toLowerCase();
  if (!ESSENCE.test(essence)) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    if (!NAME.test(name) || parameters.has(name)) return undefined;
    parameters.set(name, unquoted(part.slice(at + 1).trim()));
  }
  return { essence, parameters: new Map([...parameters].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
