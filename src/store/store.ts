/** Bytes under keys. Keys are text of any form; values are immutable once written under a content-derived key. */
export interface Store extends AsyncDisposable {
  get(key: string): Promise<Uint8Array | undefined>;
  /** False when `ifAbsent` was asked for and a live value was there. */
  put(
    key: string,
    value: Uint8Array,
    options?: { readonly ttlSeconds?: number; readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  delete(key: string): Promise<void>;
  keys(prefix: string): AsyncIterable<string>;
}
