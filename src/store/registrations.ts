import { DrydockError } from '../base/errors.ts';
import { Secret } from '../base/secret.ts';
import { sleep } from '../base/retry.ts';
import type { Signal } from '../base/signal.ts';
import type { ScannerRegistration } from '../model/scanner-registration.ts';
import type { Leases } from './leases.ts';
import { seal, SEAL_KEY_BYTES, unseal } from './seal.ts';
import type { Store } from './store.ts';

/** All that is written down of scanners, as it was at one moment. */
export interface ScannerBook {
  readonly registrations: readonly ScannerRegistration[];
  /** By type of report, normalised: the id of who makes it. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Who is asked where nothing else is said; absent for Drydock itself. */
  readonly defaultId?: string;
}

/** What a change of the book makes of it. */
export interface BookChange {
  readonly book: ScannerBook;
  /** Credentials that are new, by id. */
  readonly secrets?: ReadonlyMap<string, Secret>;
  /** Ids whose credentials are needed no more. */
  readonly forget?: readonly string[];
}

/** Scanners that were registered, in a store that all processes share. */
export interface Registrations {
  /** @throws DrydockError STORE_UNAVAILABLE */
  read(): Promise<ScannerBook>;
  /** Whether credentials can be kept: there is a key to seal them with. */
  readonly keepsSecrets: boolean;
  /** What a scanner is to be shown; undefined when there is none, or one that another key has sealed. */
  credential(id: string): Promise<Secret | undefined>;
  /**
   * Changes the book while nobody else does.
   *
   * @param act given the book as it is, and whose credentials can be read; what it throws is thrown, and nothing is
   *   changed
   * @throws DrydockError STORE_UNAVAILABLE, REQUEST_INVALID for a secret where there is no key
   */
  change(
    act: (book: ScannerBook, hasCredential: (id: string) => boolean) => BookChange,
    options: Signal,
  ): Promise<ScannerBook>;
}

interface StoredBook extends ScannerBook {
  readonly schema: 1;
  /** By id: sealed, in base64. */
  readonly secrets: Readonly<Record<string, string>>;
}

const BOOK_KEY = 'scanners/1/book';
const LEASE = 'scanner-registrations';
const [LEASE_SECONDS, LEASE_WAIT_MS, LEASE_TRIES] = [5, 50, 200];
const EMPTY: StoredBook = { schema: 1, registrations: [], defaults: {}, secrets: {} };

/**
 * @param key seals credentials; without one only scanners can be registered that need none
 * @throws DrydockError CONFIG_INVALID
 */
export function openRegistrations({
  store,
  leases,
  key,
}: {
  readonly store: Store;
  readonly leases: Pick<Leases, 'take'>;
  readonly key?: Uint8Array;
}): Registrations {
  if (key && key.length !== SEAL_KEY_BYTES)
    throw new DrydockError(
      'CONFIG_INVALID',
      `the key that seals credentials must have ${SEAL_KEY_BYTES} bytes`,
    );

  async function readStored(): Promise<StoredBook> {
    const bytes = await store.get(BOOK_KEY);
    return bytes ? parseBook(bytes) : EMPTY;
  }

  function sealed(secrets: ReadonlyMap<string, Secret>): Record<string, string> {
    if (secrets.size > 0 && !key) throw noKey();
    return Object.fromEntries(
      [...secrets].map(([id, secret]) => [
        id,
        seal(key ?? new Uint8Array(), sealId(id), Buffer.from(secret.reveal())).toString('base64'),
      ]),
    );
  }

  function opened({ secrets }: StoredBook, id: string): Secret | undefined {
    const text = Object.hasOwn(secrets, id) ? secrets[id] : undefined;
    if (text === undefined || !key) return undefined;
    const secret = unseal(key, sealId(id), Buffer.from(text, 'base64'));
    return secret && new Secret(secret.toString());
  }

  return {
    keepsSecrets: key !== undefined,
    async read() {
      const { registrations, defaults, defaultId } = await readStored();
      return { registrations, defaults, ...(defaultId !== undefined && { defaultId }) };
    },
    credential: async (id) => opened(await readStored(), id),
    async change(act, options) {
      await using lease = await takeLease(leases, options);
      const stored = await readStored();
      const hasCredential = (id: string): boolean => opened(stored, id) !== undefined;
      const { book, secrets = new Map<string, Secret>(), forget = [] } = act(stored, hasCredential);
      const ids = new Set(book.registrations.map(({ id }) => id));
      for (const id of forget) ids.delete(id);
      const all = { ...stored.secrets, ...sealed(secrets) };
      const kept = Object.fromEntries(Object.entries(all).filter(([id]) => ids.has(id)));
      if (lease.lost.aborted) throw busy();
      const next: StoredBook = {
        schema: 1,
        registrations: book.registrations,
        defaults: book.defaults,
        ...(book.defaultId !== undefined && { defaultId: book.defaultId }),
        secrets: kept,
      };
      if (!(await store.put(BOOK_KEY, Buffer.from(JSON.stringify(next)))))
        throw new DrydockError('STORE_UNAVAILABLE', 'the store does not take what it is given');
      return book;
    },
  };
}

const sealId = (id: string): string => `scanner/${id}`;

async function takeLease(leases: Pick<Leases, 'take'>, options: Signal) {
  for (let tries = 0; tries < LEASE_TRIES; tries++) {
    const lease = await leases.take(LEASE, { ttlSeconds: LEASE_SECONDS });
    if (lease) return lease;
    await sleep(LEASE_WAIT_MS, options);
  }
  throw busy();
}

/** Only this process writes it, but perhaps in another version, or somebody was at the file. */
function parseBook(bytes: Uint8Array): StoredBook {
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as Partial<StoredBook> | null;
    if (value?.schema === 1 && Array.isArray(value.registrations)) return { ...EMPTY, ...value };
  } catch {
    // told below
  }
  throw new DrydockError('STORE_UNAVAILABLE', 'what is stored of scanners cannot be read', {
    hint: 'Another version of Drydock may have written it.',
  });
}

function busy(): DrydockError {
  return new DrydockError('STORE_UNAVAILABLE', 'somebody else is changing what is known of scanners');
}

function noKey(): DrydockError {
  return new DrydockError('REQUEST_INVALID', 'credentials of scanners cannot be kept', {
    hint: 'Set DRYDOCK_ENCRYPTION_KEY, the same for all processes that share the store.',
  });
}
