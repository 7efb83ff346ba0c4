import type * as OpenPgp from 'openpgp';
import { DrydockError, messageOf } from '../../base/errors.ts';
import type { AllowedKey } from './keyrings.ts';

export interface SignatureCheck {
  /** For messages; without a login. */
  readonly url: string;
  readonly keys: readonly AllowedKey[];
  readonly now: Date;
}

const MAX_SIGNATURES = 64;

/**
 * The text of a clear-signed file that an allowed key has signed, and nothing of what may stand around it.
 * @throws DrydockError ARCHIVE_UNTRUSTED
 */
export async function verifyClearSigned(content: Uint8Array, check: SignatureCheck): Promise<string> {
  const text = Buffer.from(content).toString('utf8');
  checkFrame(text, check.url);
  const { readCleartextMessage, verify } = await import('openpgp');
  const message = await parsed(() => readCleartextMessage({ cleartextMessage: text }), check);
  checkCount(message.getSigningKeyIDs().length, check);
  const result = await parsed(() => verify({ message, ...verificationOf(check) }), check);
  await requireOneGood(result.signatures, check);
  return result.data;
}

/**
 * Checks a signature that lies in a file of its own.
 * @throws DrydockError ARCHIVE_UNTRUSTED
 */
export async function verifyDetached(
  content: Uint8Array,
  signature: Uint8Array,
  check: SignatureCheck,
): Promise<string> {
  const { createMessage, readSignature, verify } = await import('openpgp');
  const isArmored = Buffer.from(signature.subarray(0, 64)).toString('latin1').includes('-----BEGIN');
  const read = await parsed(
    () =>
      isArmored
        ? readSignature({ armoredSignature: Buffer.from(signature).toString('latin1') })
        : readSignature({ binarySignature: new Uint8Array(signature) }),
    check,
  );
  checkCount(read.getSigningKeyIDs().length, check);
  const message = await createMessage({ binary: new Uint8Array(content) });
  const result = await parsed(
    () => verify({ message, signature: read, format: 'binary', ...verificationOf(check) }),
    check,
  );
  await requireOneGood(result.signatures, check);
  return Buffer.from(content).toString('utf8');
}

function verificationOf({ keys, now }: SignatureCheck): {
  verificationKeys: OpenPgp.PublicKey[];
  date: Date;
} {
  return { verificationKeys: [...new Set(keys.map(({ key }) => key))], date: now };
}

async function parsed<T>(read: () => Promise<T>, { url }: SignatureCheck): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw untrusted(url, `its signature cannot be read: ${messageOf(cause).slice(0, 200)}`, cause);
  }
}

/** Exactly one signed block, and nothing before or behind it. */
function checkFrame(text: string, url: string): void {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const marks = lines.filter((line) => line.startsWith('-----'));
  const expected = [
    '-----BEGIN PGP SIGNED MESSAGE-----',
    '-----BEGIN PGP SIGNATURE-----',
    '-----END PGP SIGNATURE-----',
  ];
  if (marks.length === 0) throw untrusted(url, 'it is not signed');
  if (marks.length !== expected.length || marks.some((mark, i) => mark !== expected[i])) {
    throw untrusted(url, 'it holds other than one signed block');
  }
  const outside = [
    ...lines.slice(0, lines.indexOf(expected[0] ?? '')),
    ...lines.slice(lines.lastIndexOf(expected[2] ?? '') + 1),
  ];
  if (outside.some((line) => line !== '')) throw untrusted(url, 'it holds text outside the signed block');
}

function checkCount(signatures: number, { url }: SignatureCheck): void {
  if (signatures === 0) throw untrusted(url, 'it is not signed');
  if (signatures > MAX_SIGNATURES) throw untrusted(url, `it has more than ${MAX_SIGNATURES} signatures`);
}

type Verification = OpenPgp.VerifyMessageResult['signatures'][number];

/** One good signature of an allowed key is enough; those of keys that nobody knows count for nothing. */
async function requireOneGood(found: readonly Verification[], check: SignatureCheck): Promise<void> {
  const reasons: string[] = [];
  // All at once, so that none that fails is left without anybody to hear of it.
  const results = await Promise.allSettled(found.map((one) => checkOne(one, check)));
  for (const result of results) {
    if (result.status === 'fulfilled') return;
    reasons.push(messageOf(result.reason).slice(0, 200));
  }
  const detail = [...new Set(reasons)].sort().slice(0, 5).join('; ');
  throw untrusted(check.url, `no signature of an allowed key is good (${detail})`);
}

async function checkOne(
  { keyID, verified, signature }: Verification,
  { keys, now }: SignatureCheck,
): Promise<void> {
  signature.catch(() => undefined);
  await verified;
  const owners = keys.filter(({ key }) => key.getKeys(keyID).length > 0);
  const failures: Error[] = [];
  for (const { key, parts } of owners) {
    try {
      // Whether the key was good when it signed is checked above; here, whether it still is.
      await key.verifyPrimaryKey(now);
      const part = await key.getSigningKey(keyID, now);
      if (!parts || parts.has(part.getFingerprint().toUpperCase())) return;
      failures.push(new Error(`the key ${keyID.toHex()} is not the one that the source names`));
    } catch (error) {
      failures.push(new Error(`${keyID.toHex()}: ${messageOf(error)}`));
    }
  }
  throw failures[0] ?? new Error(`the key ${keyID.toHex()} is unknown`);
}

/** An archive that must not be believed. */
export function untrusted(url: string, why: string, cause?: unknown): DrydockError {
  return new DrydockError('ARCHIVE_UNTRUSTED', `${url} is not to be trusted: ${why}`, {
    hint: 'If the key of the archive has changed or expired, give a newer keyring.',
    ...(cause !== undefined && { cause }),
  });
}

export function withoutKeys(url: string): DrydockError {
  return new DrydockError('ARCHIVE_UNTRUSTED', `${url} is not to be trusted: no key is known for it`, {
    hint: 'Give a keyring that holds the key of the archive.',
  });
}
