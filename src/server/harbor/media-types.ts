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
