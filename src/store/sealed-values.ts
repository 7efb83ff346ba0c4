import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { DrydockError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import type { Store } from './store.ts';

/** Secrets in a store that others may read, for a short while, under a key that only our processes have. */
export interface SealedValues {
  /** @throws DrydockError STORE_UNAVAILABLE, REQUEST_TOO_LARGE */
  keep(id: string, secret: Secret): Promise<void>;
  /** Undefined when there is none, or no more, or one that another key has sealed. */
  find(id: string): Promise<Secret | undefined>;
  forget(id: string): Promise<void>;
}

const KEY_BYTES = 32;
const VERSION = 1;
const [NONCE_BYTES, TAG_BYTES] = [12, 16];
const MAX_BYTES = 64 << 10;
export const SEALED_SECONDS = 3600;

/**
 * AES-256-GCM, bound to the id, so that a value put under another id does not open.
 *
 * @param key 32 bytes, the same in all processes that share the store
 * @throws DrydockError CONFIG_INVALID
 */
export function openSealedValues(store: Store, key: Uint8Array, ttlSeconds = SEALED_SECONDS): SealedValues {
  if (key.length !== KEY_BYTES)
    throw new DrydockError('CONFIG_INVALID', `the key that seals credentials must have ${KEY_BYTES} bytes`);
  const keyOf = (id: string): string => `sealed/1/${id}`;

  return {
    async keep(id, secret) {
      const text = Buffer.from(secret.reveal());
      if (text.length > MAX_BYTES)
        throw new DrydockError('REQUEST_TOO_LARGE', `a credential may have at most ${MAX_BYTES} bytes`);
      const value = seal(key, id, text);
      if (await store.put(keyOf(id), value, { ttlSeconds: Math.min(ttlSeconds, SEALED_SECONDS) })) return;
      throw new DrydockError('STORE_UNAVAILABLE', 'the store does not take what it is given');
    },
    async find(id) {
      const bytes = await store.get(keyOf(id));
      const text = bytes && unseal(key, id, Buffer.from(bytes));
      return text && new Secret(text.toString());
    },
    forget: (id) => store.delete(keyOf(id)),
  };
}

/** Version, nonce, tag, cipher text. */
function seal(key: Uint8Array, id: string, text: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(id));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), body]);
}

function unseal(key: Uint8Array, id: string, bytes: Buffer): Buffer | undefined {
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
