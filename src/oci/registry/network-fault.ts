import { ShortBody } from './http-failure.ts';

/**
 * What went wrong below HTTP: the certificate, no TLS where TLS was expected, a host that is not there, something
 * that may pass, or undefined for none of these.
 */
export type NetworkFault = 'certificate' | 'not-tls' | 'absent' | 'passing';

const CERTIFICATE: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'UND_ERR_PRX_TLS',
]);

/** How the various versions of OpenSSL call plain HTTP where a handshake should be. */
const NOT_TLS: ReadonlySet<string> = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_HTTPS_PROXY_REQUEST',
  'ERR_SSL_RECORD_LAYER_FAILURE',
  'ERR_SSL_UNEXPECTED_MESSAGE',
]);

/** The last one is how undici reports a proxy that asks for a log-in. */
const ABSENT: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'ECONNREFUSED',
  'EINVAL',
  'EACCES',
  'UND_ERR_INVALID_ARG',
]);

const PASSING: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_ABORTED',
]);

export function networkFault(error: unknown): NetworkFault | undefined {
  if (error instanceof ShortBody) return 'passing';
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (NOT_TLS.has(code)) return 'not-tls';
  if (CERTIFICATE.has(code) || code.startsWith('CERT_') || code.startsWith('CRL_')) return 'certificate';
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'certificate';
  if (ABSENT.has(code)) return 'absent';
  // A parser's complaint: often the other end died in the middle of a chunk header.
  return PASSING.has(code) || code.startsWith('HPE_') ? 'passing' : undefined;
}

/** The code that Node, OpenSSL or undici gave it. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return error.cause === undefined || error.cause === error ? undefined : codeOf(error.cause);
}
