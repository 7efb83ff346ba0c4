import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

export const SEAL_KEY_BYTES = 32;
const VERSION = 1;
const [NONCE_BYTES, TAG_BYTES] = [12, 16];

/**
 * AES-256-GCM: version, nonce, tag, cipher text.
 *
 * @param id bound to it, so that a value put under another id does not open
 */
export function seal(key: Uint8Array, id: string, text: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(id));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]);
}

/** Undefined for what was sealed by another key or for another id, and for what is damaged. */
export function unseal(key: Uint8Array, id: string, bytes: Buffer): Buffer | undefined {
  const start = 1 + NONCE_BYTES + TAG_BYTES;
  if (bytes.length < start || bytes[0] !== VERSION) return undefined;
  try {
    const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(id));
    decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, start));
    return Buffer.concat([decipher.update(bytes.subarray(start)), decipher.final()]);
  } catch {
    return undefined; // of another key or id, or damaged
  }
}
