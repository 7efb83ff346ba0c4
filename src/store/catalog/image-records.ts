import type { Digest, Image } from '../../model/image.ts';
import { decode, encode } from '../encode.ts';
import type { Store } from '../store.ts';

/**
 * Images as they were when they were scanned, by identity: with them and their inventories, reports can be made again
 * without asking a registry, even when the last report is no longer kept.
 */
export interface ImageRecords {
  find(identity: Digest): Promise<Image | undefined>;
  remember(identity: Digest, image: Image): Promise<void>;
}

export function openImageRecords(store: Store): ImageRecords {
  const keyOf = (identity: Digest): string => `image/1/${identity}`;
  return {
    async find(identity) {
      const bytes = await store.get(keyOf(identity));
      const image = bytes && ((await decode(bytes)) as Partial<Image> | null | undefined);
      return image?.config && Array.isArray(image.layers) ? (image as Image) : undefined;
    },
    async remember(identity, image) {
      const bytes = await encode(image);
      if (bytes) await store.put(keyOf(identity), bytes);
    },
  };
}
