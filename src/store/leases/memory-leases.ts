import type { Leases } from '../leases.ts';
import { leasesFrom } from './held-leases.ts';

/** Leases among those who share this very object: in one process, where a holder cannot die alone. */
export function openMemoryLeases(): Leases {
  const held = new Set<string>();
  let fence = 0;
  return leasesFrom((name) => {
    if (held.has(name)) return Promise.resolve(undefined);
    held.add(name);
    return Promise.resolve({
      fence: ++fence,
      extend: () => Promise.resolve(true),
      release: () => Promise.resolve(void held.delete(name)),
    });
  });
}
