/** What a queue needs of a store: bytes under keys, as `store/store.ts` has them. */
export interface JobStore {
  get(key: string): Promise<Uint8Array | undefined>;
  put(
    key: string,
    value: Uint8Array,
    options?: { readonly ttlSeconds?: number; readonly ifAbsent?: boolean },
  ): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** What a queue needs of leases, as `store/leases.ts` has them. */
export interface JobLeases {
  take(
    name: string,
    options: { readonly ttlSeconds: number },
  ): Promise<(AsyncDisposable & { readonly lost: AbortSignal }) | undefined>;
}

/** What a queue needs to find its jobs again without looking at all keys, as `store/journal.ts` has it. */
export interface JobJournal {
  append(entry: string, at: number): Promise<void>;
  newestFirst(): AsyncIterable<string>;
  unsettled(isSettled: (entry: string) => Promise<boolean>): AsyncIterable<string>;
}
