import type { Inventory } from '../model/analysis.ts';
import type { Digest } from '../model/image.ts';
import { decode, encode } from './encode.ts';
import type { Store } from './store.ts';

/** What is in images, by manifest digest. After a database update it is matched again, and nothing is read. */
export interface Inventories {
  find(image: Digest): Promise<Inventory | undefined>;
  remember(image: Digest, inventory: Inventory): Promise<void>;
}

/**
 * @param store without one nothing is remembered
 * @param analyzers fingerprint of the analyzers whose answers are wanted
 */
export function openInventories(store: Store | undefined, analyzers: string): Inventories {
  const keyOf = (image: Digest): string => `inventory/2/${image}/${analyzers}`;
  return {
    async find(image) {
      const bytes = await store?.get(keyOf(image));
      const inventory = bytes && ((await decode(bytes)) as Partial<Inventory> | null | undefined);
      return inventory?.schema === 1 ? (inventory as Inventory) : undefined;
    },
    async remember(image, inventory) {
      const bytes = store && (await encode(inventory));
      if (bytes) await store.put(keyOf(image), bytes);
    },
  };
}
