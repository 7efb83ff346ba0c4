/** Who must act. Doors (command line, servers, workers) map kinds, never single codes. */
export type ErrorKind =
  'input' | 'missing' | 'denied' | 'upstream' | 'corrupt' | 'limit' | 'unsupported' | 'bug';

const KIND_OF = {
  // what was asked for
  USAGE_INVALID: 'input',
  CONFIG_INVALID: 'input',
  REFERENCE_INVALID: 'input',
  PLATFORM_INVALID: 'input',
  IGNORE_FILE_INVALID: 'input',
  PLATFORM_NOT_FOUND: 'missing',
  // images
  SOURCE_NOT_FOUND: 'missing',
  SOURCE_AMBIGUOUS: 'input',
  IMAGE_NOT_FOUND: 'missing',
  BLOB_NOT_FOUND: 'missing',
  MANIFEST_INVALID: 'corrupt',
  MANIFEST_UNSUPPORTED: 'unsupported',
  MANIFEST_TOO_LARGE: 'limit',
  INDEX_TOO_DEEP: 'limit',
  IMAGE_CONFIG_INVALID: 'corrupt',
  IMAGE_TOO_MANY_LAYERS: 'limit',
  ARCHIVE_INVALID: 'corrupt',
  ARCHIVE_LIMIT: 'limit',
  LAYOUT_INVALID: 'corrupt',
  DIGEST_INVALID: 'corrupt',
  BLOB_DIGEST_MISMATCH: 'corrupt',
  BLOB_SIZE_MISMATCH: 'corrupt',
  // bills of materials
  SBOM_INVALID: 'corrupt',
  SBOM_UNSUPPORTED: 'unsupported',
  SBOM_TOO_LARGE: 'limit',
  // layers
  LAYER_DIGEST_MISMATCH: 'corrupt',
  LAYER_DIFF_ID_MISMATCH: 'corrupt',
  LAYER_SIZE_MISMATCH: 'corrupt',
  LAYER_CORRUPT: 'corrupt',
  LAYER_LIMIT: 'limit',
  // registries
  REGISTRY_DENIED: 'denied',
  REGISTRY_UNREACHABLE: 'upstream',
  REGISTRY_FAILED: 'upstream',
  REGISTRY_BUSY: 'upstream',
  REGISTRY_PROTOCOL: 'upstream',
  REGISTRY_TLS: 'upstream',
  CREDENTIALS_INVALID: 'input',
  CREDENTIAL_HELPER_FAILED: 'denied',
  // advisory databases
  DATABASE_MISSING: 'missing',
  DATABASE_CORRUPT: 'corrupt',
  DATABASE_UNSUPPORTED: 'unsupported',
  DATABASE_UNAVAILABLE: 'upstream',
  DATABASE_LIMIT: 'limit',
  // the place itself
  CACHE_UNWRITABLE: 'input',
  OUTPUT_UNWRITABLE: 'input',
  REPORT_INVALID: 'input',
  TEMPLATE_INVALID: 'input',
  TEMPLATE_LIMIT: 'limit',
  VEX_INVALID: 'input',
  // servers, stores and queues
  SERVER_UNREACHABLE: 'upstream',
  SERVER_FAILED: 'upstream',
  SERVER_DENIED: 'denied',
  SERVER_PROTOCOL: 'upstream',
  SERVER_BUSY: 'upstream',
  UNAUTHENTICATED: 'denied',
  SCOPE_MISSING: 'denied',
  RATE_LIMITED: 'limit',
  ROUTE_NOT_FOUND: 'missing',
  METHOD_NOT_ALLOWED: 'input',
  STORE_UNAVAILABLE: 'upstream',
  QUEUE_FULL: 'upstream',
  QUEUE_UNAVAILABLE: 'upstream',
  LEASE_LOST: 'upstream',
  REQUEST_INVALID: 'input',
  REQUEST_TOO_LARGE: 'limit',
  SCAN_NOT_FOUND: 'missing',
  REPORT_NOT_FOUND: 'missing',
  FORMAT_UNKNOWN: 'input',
  TARGET_FORBIDDEN: 'denied',
  SCANNER_FAILED: 'upstream',
  // patching
  ARCHIVE_UNTRUSTED: 'corrupt',
  ARCHIVE_EXPIRED: 'corrupt',
  ARCHIVE_ROLLED_BACK: 'corrupt',
  ARCHIVE_UNAVAILABLE: 'upstream',
  PACKAGE_ARCHIVE_INVALID: 'corrupt',
  PATCH_UNSUPPORTED: 'unsupported',
  PATCH_REFUSED: 'unsupported',
  PATCH_VERIFY_FAILED: 'corrupt',
  SOURCE_MOVED: 'upstream',
  ENGINE_UNAVAILABLE: 'missing',
  ENGINE_FAILED: 'upstream',
  TIMED_OUT: 'limit',
  CANCELLED: 'input',
  INTERNAL: 'bug',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof KIND_OF;

/**
 * The one error of this project.
 * `message`: lower case, no full stop, says what was being done to what. `hint`: what the user can do.
 * Neither ever holds a credential.
 */
export class DrydockError extends Error {
  override readonly name = 'DrydockError';
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.kind = KIND_OF[code];
    this.hint = options.hint;
  }
}

/** True for a code of the table above, whoever says it. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(KIND_OF, text);
}

/** The message of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, ' ').trim();
}

/** True for an error thrown because a signal was aborted. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** True when `error` is a file system error with that code (`ENOENT`, …). */
export function hasErrno(error: unknown, ...codes: string[]): boolean {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
  );
}
