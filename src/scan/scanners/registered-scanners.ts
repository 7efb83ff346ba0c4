import { setMaxListeners } from 'node:events';
import { notices } from '../../base/channels.ts';
import { limitTo } from '../../base/limit.ts';
import { sleep } from '../../base/retry.ts';
import type { Signal } from '../../base/signal.ts';
import type { ScannerRegistration } from '../../model/scanner-registration.ts';
import type { ScannerBook } from '../../store/registrations.ts';
import { offerFor, takesManifest, type AdapterMetadata } from './adapter/metadata.ts';
import { openBreaker, type Breaker, type BreakerState } from './breaker.ts';
import type { Chosen, ScannerChoice, ScannerWish } from './choice.ts';
import { watchHealth, type HealthWatch, type ScannerHealth } from './health.ts';
import { isMeantFor, LOCAL_ID, rank } from './rank.ts';
import { ScannerFailure, type Scanner } from './scanner.ts';
import { isOutage, watchedScanner } from './watched-scanner.ts';

/** A scanner that can be talked to. */
export interface OpenedScanner extends AsyncDisposable {
  /** @param metadata remembered; for who needs it often */
  scanner(metadata: (options: Signal) => Promise<AdapterMetadata>): Scanner;
  /** Asks it what it makes. @throws ScannerFailure */
  metadata(options: Signal): Promise<AdapterMetadata>;
}

export interface RegisteredScannersParts {
  /** As it is now; asked often. */
  readonly book: () => Promise<ScannerBook>;
  readonly open: (registration: ScannerRegistration) => Promise<OpenedScanner>;
  /** Types of reports that Drydock makes itself, normalised. */
  readonly localTypes: ReadonlySet<string>;
  readonly now?: () => number;
}

/** How a registration is, as this process sees it. */
export interface RegistrationState extends ScannerHealth {
  readonly circuit: BreakerState;
}

export interface RegisteredScanners extends ScannerChoice, AsyncDisposable {
  /** Asks whoever was not asked for long; for those who show them. */
  state(registration: ScannerRegistration, options: Signal): Promise<RegistrationState>;
  /** As far as it is known. */
  stateNow(registration: ScannerRegistration): RegistrationState;
  /** Asks all of them again and again until it is called off. */
  watch(options: Signal): Promise<void>;
}

interface Open {
  /** Changes with everything that matters to who talks to it. */
  readonly version: string;
  readonly opened: Promise<OpenedScanner>;
  readonly health: HealthWatch;
  readonly breaker: Breaker;
}

const FIRST_LOOK_MS = 5000;
const LOOK_ROUND_MS = 5000;
const AT_ONCE = 8;
const [MAX_FAILURES, OPEN_MS, MAX_OPEN_MS] = [3, 15_000, 300_000];

export function openRegisteredScanners(parts: RegisteredScannersParts): RegisteredScanners {
  const { book, localTypes, now = Date.now } = parts;
  const all = new Map<string, Open>();

  function openOf(registration: ScannerRegistration): Open {
    const { isDraining: _, ...lasting } = registration; // its last scans go on undisturbed
    const { id, name } = lasting;
    const version = JSON.stringify(lasting);
    const known = all.get(id);
    if (known?.version === version) return known;
    if (known) close(known);
    const opened = parts.open(registration);
    opened.catch(() => undefined); // told to whoever uses it
    const ask = async (options: Signal): Promise<AdapterMetadata> => await (await opened).metadata(options);
    const open: Open = {
      version,
      opened,
      health: watchHealth({ name, ask, now }),
      breaker: openBreaker({
        maxFailures: MAX_FAILURES,
        openMs: OPEN_MS,
        maxOpenMs: MAX_OPEN_MS,
        counts: isOutage,
        refusal: () =>
          new ScannerFailure(
            'BACKEND_UNAVAILABLE',
            `scanner ${name} is left alone for a while, as it fails`,
            {
              retryable: true,
            },
          ),
        onChange: (isOpen) => tellCircuit(name, isOpen),
        now,
      }),
    };
    all.set(id, open);
    return open;
  }

  async function scannerOf(registration: ScannerRegistration): Promise<Scanner> {
    const { opened, health, breaker } = openOf(registration);
    const scanner = (await opened).scanner((options) => health.metadata(options));
    return watchedScanner(scanner, registration.name, breaker);
  }

  async function chosen(registration: ScannerRegistration): Promise<Chosen> {
    const { name, maxInFlight, timeouts } = registration;
    const scanner = await scannerOf(registration);
    return { kind: 'scanner', scanner, name, maxInFlight, timeoutSeconds: timeouts.scanSeconds };
  }

  /** What it offers, as far as it ever said. */
  async function metadataOf(registration: ScannerRegistration): Promise<AdapterMetadata | undefined> {
    const { health } = openOf(registration);
    const { metadata, state } = health.current();
    if (metadata || (state !== 'unknown' && !health.isDue())) return metadata;
    const signal = AbortSignal.timeout(FIRST_LOOK_MS);
    return await health.check({ signal }).then(
      (found) => found.metadata,
      () => undefined,
    );
  }

  async function fit(registration: ScannerRegistration, wish: ScannerWish): Promise<Fit> {
    if (!isMeantFor(registration, wish.mediaType)) return 'other-type';
    const metadata = await metadataOf(registration);
    if (!metadata) return 'silent';
    const offer = offerFor(metadata, wish.mediaType);
    if (!offer) return 'other-type';
    return takesManifest(offer.capability, wish.manifestType) ? 'fits' : 'other-artifact';
  }

  function isDown(registration: ScannerRegistration): boolean {
    const { health, breaker } = openOf(registration);
    return health.current().state === 'unhealthy' || breaker.state() === 'open';
  }

  async function forced(named: string, wish: ScannerWish, { registrations }: ScannerBook): Promise<Chosen> {
    const registration =
      registrations.find(({ id }) => id === named) ?? registrations.find(({ name }) => name === named);
    if (!registration && isLocalName(named)) {
      if (localTypes.has(wish.mediaType)) return { kind: 'local' };
      throw unknownType(wish.mediaType);
    }
    if (!registration || registration.isDisabled || registration.isDraining)
      throw noScanner('there is no scanner of that name that takes scans');
    const how = await fit(registration, wish);
    if (how === 'other-type') throw unknownType(wish.mediaType, registration.name);
    if (how === 'other-artifact') throw noScanner(`scanner ${registration.name} takes no such artifacts`);
    // Who does not answer now may answer when the scan's turn comes.
    return await chosen(registration);
  }

  async function choose(wish: ScannerWish): Promise<readonly Chosen[]> {
    const current = await book();
    if (wish.scanner !== undefined) return [await forced(wish.scanner, wish, current)];
    const used = current.registrations.filter(({ isDisabled, isDraining }) => !isDisabled && !isDraining);
    const fits = await Promise.all(used.map(async (one) => [one, await fit(one, wish)] as const));
    const taken = fits.flatMap(([one, how]) => (how === 'fits' ? [one] : []));
    const up = taken.filter((registration) => !isDown(registration));
    const local = localTypes.has(wish.mediaType) ? [{ id: LOCAL_ID }] : [];
    const candidates = [...local, ...up.map((registration) => ({ id: registration.id, registration }))];
    if (candidates.length === 0)
      throw nobody(
        wish,
        fits.map(([, how]) => how),
      );
    const ranked = rank<{ id: string; registration?: ScannerRegistration }>(candidates, current, wish);
    return await Promise.all(
      ranked.map(({ registration }) =>
        registration ? chosen(registration) : Promise.resolve<Chosen>({ kind: 'local' }),
      ),
    );
  }

  function stateNow(registration: ScannerRegistration): RegistrationState {
    const { health, breaker } = openOf(registration);
    return { ...health.current(), circuit: breaker.state() };
  }

  async function look({ signal }: Signal): Promise<void> {
    const { registrations } = await book();
    const ids = new Set(registrations.map(({ id }) => id));
    for (const [id, open] of all) {
      if (ids.has(id)) continue;
      all.delete(id);
      close(open);
    }
    const due = registrations.filter((one) => !one.isDisabled && openOf(one).health.isDue());
    const places = limitTo(AT_ONCE);
    await Promise.all(due.map((one) => places.run(() => openOf(one).health.check({ signal }), { signal })));
  }

  return {
    choose,
    async find(id) {
      const registration = (await book()).registrations.find((known) => known.id === id);
      return registration && (await scannerOf(registration));
    },
    async state(registration, options) {
      const { health } = openOf(registration);
      if (!registration.isDisabled && health.isDue()) await health.check(options);
      return stateNow(registration);
    },
    stateNow,
    async watch(options) {
      const signal = AbortSignal.any([options.signal]);
      setMaxListeners(0, signal); // one for each that is asked
      while (!signal.aborted) {
        await look({ signal }).catch(() => undefined); // a store that does not answer says so itself
        await sleep(LOOK_ROUND_MS, { signal }).catch(() => undefined); // called off
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { opened } of all.values()) await endOf(opened);
      all.clear();
    },
  };
}

/** How a registration stands to a wish. */
type Fit = 'fits' | 'other-type' | 'other-artifact' | 'silent';

function close({ opened }: Open): void {
  void endOf(opened);
}

async function endOf(opened: Promise<OpenedScanner>): Promise<void> {
  try {
    const scanner = await opened;
    await scanner[Symbol.asyncDispose]();
  } catch {
    // it was never open
  }
}

function isLocalName(name: string): boolean {
  const word = name.toLowerCase();
  return word === LOCAL_ID || word === 'drydock';
}

function nobody({ mediaType }: ScannerWish, fits: readonly Fit[]): ScannerFailure {
  if (fits.includes('fits') || fits.includes('silent'))
    return noScanner('the scanners that may make such a report do not answer at the moment', true);
  if (fits.includes('other-artifact')) return noScanner('no scanner takes such an artifact');
  return unknownType(mediaType);
}

function noScanner(message: string, retryable = false): ScannerFailure {
  return new ScannerFailure('NO_SCANNER', message, { retryable });
}

function unknownType(mediaType: string, name?: string): ScannerFailure {
  const who = name === undefined ? 'no scanner makes' : `scanner ${name} does not make`;
  return new ScannerFailure('UNKNOWN_MIME_TYPE', `${who} reports of type ${mediaType}`);
}

function tellCircuit(name: string, isOpen: boolean): void {
  notices.publish({
    code: isOpen ? 'SCANNER_LEFT_ALONE' : 'SCANNER_TRIED_AGAIN',
    message: isOpen
      ? `scanner ${name} fails again and again: it gets no scans for a while`
      : `scanner ${name} works again`,
  });
}
