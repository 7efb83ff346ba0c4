import { randomUUID } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import type { AdapterTarget, ScannerRegistration } from '../../model/scanner-registration.ts';
import type { Registrations, ScannerBook } from '../../store/registrations.ts';
import { NoAnswer } from './adapter/connection.ts';
import type { AdapterMetadata } from './adapter/metadata.ts';
import { LOCAL_ID } from './rank.ts';
import type { RegistrationDraft } from './registration-draft.ts';
import { RegistrationRefused } from './registration-refused.ts';
import { ScannerFailure } from './scanner.ts';

/** Registrations as they stand in the server's own file. */
export interface FixedScanners {
  readonly registrations: readonly ScannerRegistration[];
  readonly defaultId?: string;
  readonly defaults: Readonly<Record<string, string>>;
  /** By id. */
  readonly secrets: ReadonlyMap<string, Secret>;
}

export interface ScannerDirectoryParts {
  readonly registrations: Registrations;
  readonly fixed: FixedScanners;
  /** Asks a scanner what it makes. @throws ScannerFailure */
  readonly probe: (
    target: AdapterTarget,
    credential: Secret | undefined,
    options: Signal,
  ) => Promise<AdapterMetadata>;
  /** How many scans of a registration are not over. */
  readonly openScans: (id: string) => Promise<number>;
  readonly now?: () => number;
}

/** Scanners are written down here, and crossed out. */
export interface ScannerDirectory {
  /** Those of the file first. */
  book(): Promise<ScannerBook>;
  /** What a scanner is to be shown. */
  credential(id: string): Promise<Secret | undefined>;
  /** @throws RegistrationRefused */
  create(
    draft: RegistrationDraft,
    options: Signal & { readonly isForced: boolean },
  ): Promise<ScannerRegistration>;
  /**
   * A blank credential stays as it was.
   *
   * @param draftOf given the registration as it is, while nobody else changes it
   * @throws RegistrationRefused
   */
  replace(
    id: string,
    draftOf: (known: ScannerRegistration) => RegistrationDraft,
    options: Signal,
  ): Promise<ScannerRegistration>;
  /** @throws RegistrationRefused */
  remove(id: string, options: Signal & { readonly drains: boolean }): Promise<'removed' | 'draining'>;
  /** @throws RegistrationRefused */
  makeDefault(id: string, options: Signal): Promise<void>;
  /** @param defaults by type of report, normalised. @throws RegistrationRefused */
  setDefaults(defaults: ReadonlyMap<string, string>, options: Signal): Promise<ScannerBook>;
  /** @throws RegistrationRefused */
  ping(target: AdapterTarget, credential: Secret | undefined, options: Signal): Promise<AdapterMetadata>;
  /** Crosses out those that wait for their last scan to be over. */
  sweep(options: Signal): Promise<void>;
}

const MAX_REGISTRATIONS = 200;

export function openScannerDirectory(parts: ScannerDirectoryParts): ScannerDirectory {
  const { registrations, fixed, openScans, now = Date.now } = parts;
  const timestamp = (): string => new Date(now()).toISOString();

  const whole = (stored: ScannerBook): ScannerBook => {
    const defaultId = stored.defaultId ?? fixed.defaultId;
    return {
      registrations: [...fixed.registrations, ...stored.registrations],
      defaults: { ...fixed.defaults, ...stored.defaults },
      ...(defaultId !== undefined && { defaultId }),
    };
  };
  const assertKnown = (id: string, book: ScannerBook): void => {
    if (id !== LOCAL_ID && !whole(book).registrations.some((known) => known.id === id)) throw unknown();
  };
  const assertChangeable = (id: string): void => {
    if (fixed.registrations.some((known) => known.id === id))
      throw new RegistrationRefused('fixed', "the scanner stands in the server's own file: change it there");
  };

  async function ping(target: AdapterTarget, credential: Secret | undefined, options: Signal) {
    try {
      return await parts.probe(target, credential, options);
    } catch (error) {
      options.signal.throwIfAborted();
      throw pingRefusal(error);
    }
  }

  async function drop(id: string, options: Signal): Promise<void> {
    await registrations.change(
      (book) => ({
        book: {
          registrations: book.registrations.filter((known) => known.id !== id),
          defaults: Object.fromEntries(Object.entries(book.defaults).filter(([, owner]) => owner !== id)),
          ...(book.defaultId !== undefined && book.defaultId !== id && { defaultId: book.defaultId }),
        },
      }),
      options,
    );
  }

  return {
    book: async () => whole(await registrations.read()),
    credential: async (id) => fixed.secrets.get(id) ?? (await registrations.credential(id)),
    async create(draft, { signal, isForced }) {
      const { credential, isDefault, ...terms } = draft;
      assertAdapter(draft.target);
      assertHasCredential(draft.target, credential !== undefined);
      assertFree(draft, whole(await registrations.read()));
      if (!isForced) await ping(draft.target, credential, { signal });
      const at = timestamp();
      const made: ScannerRegistration = {
        ...terms,
        id: randomUUID(),
        origin: 'request',
        createdAt: at,
        updatedAt: at,
      };
      await registrations.change(
        (book) => {
          if (book.registrations.length >= MAX_REGISTRATIONS)
            throw new RegistrationRefused('invalid', `there are ${MAX_REGISTRATIONS} scanners already`);
          assertFree(made, whole(book));
          return {
            book: {
              ...book,
              registrations: [...book.registrations, made],
              ...(isDefault === true && { defaultId: made.id }),
            },
            ...(credential && { secrets: new Map([[made.id, credential]]) }),
          };
        },
        { signal },
      );
      return made;
    },
    async replace(id, draftOf, { signal }) {
      assertChangeable(id);
      let changed: ScannerRegistration | undefined;
      await registrations.change(
        (book, hasCredential) => {
          const known = book.registrations.find((one) => one.id === id);
          if (!known) throw unknown();
          const draft = draftOf(known);
          const { credential, isDefault, ...terms } = draft;
          const { target } = draft;
          assertAdapter(target);
          assertFree({ ...draft, id }, whole(book));
          const isKept = credential === undefined && hasCredential(id);
          // A credential that nobody can read must not be led to where somebody can.
          if (isKept && target.auth !== 'none' && !isSameOrigin(known, target))
            throw new RegistrationRefused('invalid', 'access_credential is needed again for another address');
          assertHasCredential(target, isKept || credential !== undefined);
          const { isDraining } = known;
          changed = {
            ...terms,
            id,
            origin: known.origin,
            createdAt: known.createdAt,
            updatedAt: timestamp(),
            ...(isDraining && { isDraining }),
          };
          const next = changed;
          return {
            book: withDefault(
              { ...book, registrations: book.registrations.map((one) => (one.id === id ? next : one)) },
              id,
              isDefault,
            ),
            ...(credential && { secrets: new Map([[id, credential]]) }),
            ...(target.auth === 'none' && { forget: [id] }),
          };
        },
        { signal },
      );
      if (!changed) throw unknown();
      return changed;
    },
    async remove(id, { signal, drains }) {
      assertChangeable(id);
      const { registrations: stored } = await registrations.read();
      if (!stored.some((known) => known.id === id)) throw unknown();
      const open = await openScans(id);
      if (open > 0 && !drains)
        throw new RegistrationRefused('busy', `the scanner has ${open} scans that are not over`);
      if (open === 0) {
        await drop(id, { signal });
        return 'removed';
      }
      await registrations.change(
        (book) => ({
          book: {
            ...book,
            registrations: book.registrations.map((one) =>
              one.id === id ? { ...one, isDraining: true as const } : one,
            ),
          },
        }),
        { signal },
      );
      return 'draining';
    },
    async makeDefault(id, { signal }) {
      await registrations.change(
        (book) => {
          assertKnown(id, book);
          return { book: withDefault(book, id, true) };
        },
        { signal },
      );
    },
    async setDefaults(defaults, { signal }) {
      const book = await registrations.change(
        (stored) => {
          for (const id of defaults.values()) assertKnown(id, stored);
          return { book: { ...stored, defaults: Object.fromEntries(defaults) } };
        },
        { signal },
      );
      return whole(book);
    },
    ping,
    async sweep({ signal }) {
      const { registrations: stored } = await registrations.read();
      for (const { id, isDraining } of stored)
        if (isDraining && (await openScans(id)) === 0) await drop(id, { signal });
    },
  };
}

/** @param isDefault undefined: as it was */
function withDefault(book: ScannerBook, id: string, isDefault: boolean | undefined): ScannerBook {
  if (isDefault === true) return { ...book, defaultId: id };
  if (isDefault === undefined || book.defaultId !== id) return book;
  const { defaultId: _, ...others } = book;
  return others;
}

function assertFree(
  wanted: Pick<RegistrationDraft, 'name' | 'target'> & { readonly id?: string },
  { registrations }: ScannerBook,
): void {
  const url = (target: RegistrationDraft['target']): string | undefined =>
    target.kind === 'adapter' ? target.url : undefined;
  for (const { id, name, target } of registrations) {
    if (id === wanted.id) continue;
    if (name === wanted.name) throw new RegistrationRefused('duplicate', 'another scanner has that name');
    if (url(target) !== undefined && url(target) === url(wanted.target))
      throw new RegistrationRefused('duplicate', 'another scanner has that url');
  }
}

/** Whoever may send requests must not be able to have programs run. */
function assertAdapter(target: RegistrationDraft['target']): asserts target is AdapterTarget {
  if (target.kind !== 'adapter')
    throw new RegistrationRefused('invalid', "programs can only be named in the server's own file");
}

function assertHasCredential({ auth }: AdapterTarget, has: boolean): void {
  if (auth !== 'none' && !has)
    throw new RegistrationRefused('invalid', 'access_credential is needed with auth');
}

function isSameOrigin({ target }: ScannerRegistration, other: AdapterTarget): boolean {
  return (
    target.kind === 'adapter' &&
    new URL(target.url).origin === new URL(other.url).origin &&
    target.skipCertVerify === other.skipCertVerify &&
    target.caCertificate === other.caCertificate
  );
}

function pingRefusal(error: unknown): unknown {
  if (!(error instanceof ScannerFailure)) return error;
  if (error.cause instanceof NoAnswer && error.cause.why === 'forbidden')
    return new RegistrationRefused('forbidden', error.message, error);
  const reason = error.code === 'BACKEND_PROTOCOL' ? 'no-scanner' : 'unreachable';
  return new RegistrationRefused(reason, error.message, error);
}

function unknown(): RegistrationRefused {
  return new RegistrationRefused('unknown', 'there is no scanner of that id');
}
