import { StreamError } from '../../../codec/stream-error.ts';
import { readTar } from '../../embedded/archive/read-tar.ts';
import { firstMember } from './gzip-member.ts';

/** How `.SIGN.` files are named, and what is hashed for them. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['RSA', 'sha1'],
  ['RSA256', 'sha256'],
  ['RSA512', 'sha512'],
]);

export interface ApkSignature {
  /** For `node:crypto`. */
  readonly hash: string;
  /** The file below `etc/apk/keys`. */
  readonly keyName: string;
  readonly content: Uint8Array;
}

export interface SignedParts {
  /** Those of kinds that are known; empty where there is none. */
  readonly signatures: readonly ApkSignature[];
  /** What they sign: all that follows them, as it lies there. */
  readonly body: Uint8Array;
}

const MAX_SIGNATURE_BYTES = 1 << 20;
const MAX_SIGNATURES = 16;

/**
 * Parts a signed file of apk into signatures and what is signed.
 *
 * @throws StreamError on damaged data
 */
export async function signedParts(bytes: Uint8Array): Promise<SignedParts> {
  const head = peekName(bytes);
  if (!head.startsWith('.SIGN.')) return { signatures: [], body: bytes };
  const { length, content } = firstMember(bytes, MAX_SIGNATURE_BYTES);
  const entries = await readTar(once(content));
  if (entries.length > MAX_SIGNATURES) throw new StreamError('too many signatures');
  const signatures = entries.flatMap(({ path, content: value }): ApkSignature[] => {
    const [, kind = '', keyName = ''] = /^\.SIGN\.([A-Z0-9]{1,16})\.(.{1,255})$/.exec(path) ?? [];
    const hash = HASHES.get(kind);
    // DSA and what may come: another signature may be one that is known.
    return hash !== undefined && value && !keyName.includes('/') ? [{ hash, keyName, content: value }] : [];
  });
  return { signatures, body: bytes.subarray(length) };
}

/**
 * What follows the signatures, which are not looked at: of packages the index says which they are.
 *
 * @throws StreamError on damaged data
 */
export function withoutSignature(bytes: Uint8Array): Uint8Array {
  if (!peekName(bytes).startsWith('.SIGN.')) return bytes;
  return bytes.subarray(firstMember(bytes, MAX_SIGNATURE_BYTES).length);
}

/** The name in the first header, without reading more than it takes. */
function peekName(bytes: Uint8Array): string {
  const { content } = firstMember(bytes, MAX_PEEK_BYTES);
  const end = content.indexOf(0);
  return content.toString('latin1', 0, Math.min(end < 0 ? 100 : end, 100));
}

/** The first member is signatures or control data: both are small. */
const MAX_PEEK_BYTES = 64 << 20;

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
