import { DrydockError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { seal, SEAL_KEY_BYTES, unseal } from './seal.ts';
import type { Store } from './store.ts';

/** Secrets in a store that others may read, for a short while, under a key that only our processes have. */
export interface SealedValues {
  /** @throws DrydockError STORE_UNAVAILABLE, REQUEST_TOO_LARGE */
  keep(id: string, secret: Secret): Promise<void>;
  /** Undefined when there is none, or no more, or one that another key has sealed. */
  find(id: string): Promise<Secret | undefined>;
  forget(id: string): Promise<void>;
}

const MAX_BYTES = 64 << 10;
export const SEALED_SECONDS = 3600;

/**
 * AES-256-GCM, bound to the id, so that a value put under another id does not open.
 *
 * @param key 32 bytes, the same in all processes that share the store
 * @throws DrydockError CONFIG_INVALID
 */
export function openSealedValues(store: Store, key: Uint8Array, ttlSeconds = SEALED_SECONDS): SealedValues {
  if (key.length !== SEAL_KEY_BYTES)
    throw new DrydockError(
      'CONFIG_INVALID',
      `the key that seals credentials must have ${SEAL_KEY_BYTES} bytes`,
    );
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
