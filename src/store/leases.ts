/**
 * The right to do something alone, across threads, processes and machines that share a store. It is kept alive by
 * itself while its holder lives, and passes on within `ttlSeconds` when the holder dies.
 */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  /** Grows with every holder of that name: what is written under an older one can be told and refused. */
  readonly fence: number;
  /** Aborted when the lease could not be kept: somebody else may hold it now. */
  readonly lost: AbortSignal;
}

export interface Leases extends AsyncDisposable {
  /**
   * @returns undefined while somebody else holds it
   * @throws DrydockError STORE_UNAVAILABLE
   */
  take(name: string, options: { readonly ttlSeconds: number }): Promise<Lease | undefined>;
}
