/** What this API calls things. */
export const COMPOSITE_TYPE = 'application/vnd.scan.report; version=2.0';
export const COMPOSITE_REQUEST_TYPE = 'application/vnd.scanner.adapter.scan.request+json; version=2.0';
export const FULL_METADATA_TYPE = 'application/vnd.scanner.adapter.metadata+json; version=2.0';
