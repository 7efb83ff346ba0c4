import type { ScanRequest } from '../../model/job.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';
import type { ScanRecords } from '../../store/scan-records.ts';

/**
 * Scans that this process has promised to somebody and that are not known to be over. A store that keeps all in memory
 * may lose it; whoever is still there then gives back what he knows.
 */
export interface AcceptedScans {
  add(id: string, request: ScanRequest, credential: RegistryCredential | undefined): void;
  /**
   * Restores those that are not there any more, and forgets those that are over.
   *
   * @throws what the store and `restore` throw
   */
  check(): Promise<void>;
}

export interface AcceptedScansOptions {
  readonly records: ScanRecords;
  readonly restore: (
    id: string,
    request: ScanRequest,
    credential: RegistryCredential | undefined,
  ) => Promise<void>;
}

/** A few MiB; the oldest are forgotten first. */
const MAX_REMEMBERED = 10_000;
const AT_ONCE = 32;

interface Accepted {
  readonly id: string;
  readonly request: ScanRequest;
  readonly credential: RegistryCredential | undefined;
}

export function openAcceptedScans({ records, restore }: AcceptedScansOptions): AcceptedScans {
  const open = new Map<string, Accepted>();

  async function checkOne({ id, request, credential }: Accepted): Promise<void> {
    if (await records.isOver(id)) open.delete(id);
    else if (!(await records.find(id))) await restore(id, request, credential);
  }

  return {
    add(id, request, credential) {
      open.set(id, { id, request, credential });
      const [oldest] = open.keys();
      if (open.size > MAX_REMEMBERED && oldest !== undefined) open.delete(oldest);
    },
    async check() {
      const all = [...open.values()];
      for (let first = 0; first < all.length; first += AT_ONCE)
        await Promise.all(all.slice(first, first + AT_ONCE).map(checkOne));
    },
  };
}
