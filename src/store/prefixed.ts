import type { Store } from './store.ts';

/** A part of a store, whose keys begin with a prefix that its users do not see. The store stays its owner's to close. */
export function prefixed(store: Store, prefix: string): Store {
  return {
    get: (key) => store.get(prefix + key),
    put: (key, value, options) => store.put(prefix + key, value, options),
    delete: (key) => store.delete(prefix + key),
    async *keys(start) {
      for await (const key of store.keys(prefix + start)) yield key.slice(prefix.length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
