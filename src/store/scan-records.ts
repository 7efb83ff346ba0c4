import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { DrydockError } from '../base/errors.ts';
import type { ScanRecord, ScanRequest, ScanState } from '../model/job.ts';
import { openJournal } from './journal.ts';
import { parseScan, toScanBytes, type BegunScan, type EndedScan, type NewScan } from './scan-record-text.ts';
import { newSortableId, timeOfId } from './sortable-id.ts';
import type { Store } from './store.ts';

/** How a scan ended. */
export type ScanEnd = Pick<ScanRecord, 'error' | 'digest' | 'report' | 'cached'> & {
  readonly state: 'completed' | 'failed' | 'cancelled';
};

export interface ListFilter {
  readonly state?: ScanState;
  readonly requestedBy?: string;
  readonly limit?: number;
  readonly before?: string;
}

/**
 * Scans that were asked for, in a store that all processes share.
 *
 * A scan lies under three keys: what was asked for, which never changes; how far it is, which only its worker writes;
 * and how it ended, which is written only where nothing is yet. The end is the truth as soon as it is there: of a
 * worker and somebody who cancels the first one wins, and no worker that comes too late can undo it.
 */
export interface ScanRecords {
  /** @throws DrydockError STORE_UNAVAILABLE */
  create(request: ScanRequest, id: string, hasCredential: boolean): Promise<ScanRecord>;
  newId(): string;
  find(id: string): Promise<ScanRecord | undefined>;
  /** Whether a credential was given with it. */
  hadCredential(id: string): Promise<boolean>;
  /** Newest first. */
  list(filter?: ListFilter): Promise<ScanRecord[]>;
  /** Those that are not over, oldest first. */
  open(): AsyncIterable<ScanRecord>;
  /**
   * Whether the store has lost its memory since the last look; true the first time, too.
   *
   * @throws DrydockError STORE_UNAVAILABLE
   */
  isEmptied(): Promise<boolean>;
  /** Takes back what was not accepted after all. */
  remove(id: string): Promise<void>;
  isOver(id: string): Promise<boolean>;
  /** The scan that was last noted under that key, while it waits. */
  findWaiting(key: string): Promise<ScanRecord | undefined>;
  noteWaiting(key: string, id: string): Promise<void>;
  /** Tells of changes made by this process. @returns what ends it */
  onChange(id: string, listener: () => void): () => void;
  /** How far it is; of no account once it is over. @throws DrydockError STORE_UNAVAILABLE */
  note(id: string, begun: Omit<BegunScan, 'schema'>): Promise<void>;
  /** @returns what the scan is now: ended so, or as somebody else ended it before; undefined when there is none */
  end(id: string, end: ScanEnd): Promise<ScanRecord | undefined>;
}

export interface ScanRecordsOptions {
  readonly store: Store;
  /** How long scans are kept that are over. */
  readonly keepSeconds?: number;
  readonly now?: () => number;
}

const DEFAULT_KEEP_SECONDS = 7 * 86_400;
/** The end must outlive the rest, or the scan would seem open again. */
const END_LONGER_SECONDS = 86_400;
/** Of the mark by which a store that was emptied is known. */
const MARK_SECONDS = 86_400;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;
/** Read at once. */
const AT_ONCE = 64;

const askedKey = (id: string): string => `scan-request/1/${id}`;
const begunKey = (id: string): string => `scan-progress/1/${id}`;
const waitingKey = (key: string): string => `scan-waiting/1/${digestOf(key, 32)}`;
const endKey = (id: string): string => `scan-end/1/${id}`;

export function openScanRecords(options: ScanRecordsOptions): ScanRecords {
  const { store, keepSeconds = DEFAULT_KEEP_SECONDS, now = Date.now } = options;
  // A scan that waits longer than scans are kept is ended by `open`, so that this is long enough.
  const journal = openJournal(store, {
    name: 'scan-journal/1',
    keepSeconds: 2 * keepSeconds + 2 * END_LONGER_SECONDS,
    now,
  });

  const markKey = `scan-mark/1/${randomUUID()}`;
  const listeners = new EventEmitter().setMaxListeners(0);
  const tell = (id: string): void => void listeners.emit(id);

  async function readAsked(id: string): Promise<NewScan | undefined> {
    const bytes = timeOfId(id) === undefined ? undefined : await store.get(askedKey(id));
    const asked = bytes && parseScan<NewScan>(bytes);
    return asked?.id === id ? asked : undefined;
  }

  async function readEnd(id: string): Promise<EndedScan | undefined> {
    const bytes = await store.get(endKey(id));
    return bytes && parseScan<EndedScan>(bytes);
  }

  async function readBegun(id: string): Promise<BegunScan | undefined> {
    const bytes = await store.get(begunKey(id));
    return bytes && parseScan<BegunScan>(bytes);
  }

  async function find(id: string): Promise<ScanRecord | undefined> {
    const asked = await readAsked(id);
    if (!asked) return undefined;
    const end = await readEnd(id);
    return toRecord(asked, end ?? (await readBegun(id)));
  }

  async function put(key: string, value: object, ttlSeconds?: number): Promise<void> {
    if (await store.put(key, toScanBytes(value), ttlSeconds === undefined ? {} : { ttlSeconds })) return;
    throw new DrydockError('STORE_UNAVAILABLE', 'the store of scans does not take what it is given', {
      hint: 'See whether the disk is full or the directory can be written.',
    });
  }

  /** Lets a scan that is over vanish in time, always at the same one; its end must go last. */
  async function tidy(asked: NewScan, { finishedAt = '' }: EndedScan): Promise<void> {
    const ttlSeconds = keepSeconds - (now() - Date.parse(finishedAt)) / 1000;
    if (ttlSeconds > 0) await put(askedKey(asked.id), asked, ttlSeconds);
    else await store.delete(askedKey(asked.id));
    await store.delete(begunKey(asked.id));
  }

  async function end(id: string, how: ScanEnd): Promise<ScanRecord | undefined> {
    const asked = await readAsked(id);
    if (!asked) return undefined;
    const begun = await readBegun(id);
    const { attempts = 0, startedAt } = begun ?? {};
    const ended: EndedScan = {
      schema: 1,
      ...how,
      attempts,
      ...(startedAt !== undefined && { startedAt }),
      finishedAt: new Date(now()).toISOString(),
    };
    const ttlSeconds = keepSeconds + END_LONGER_SECONDS;
    const isFirst = await store.put(endKey(id), toScanBytes(ended), { ttlSeconds, ifAbsent: true });
    const known = isFirst ? ended : await readEnd(id);
    if (!known)
      throw new DrydockError('STORE_UNAVAILABLE', 'the store of scans does not take what it is given');
    if (isFirst) await tidy(asked, ended);
    tell(id);
    return toRecord(asked, known);
  }

  /** Over, or never accepted: then it is not there. One that nobody did in all that time is ended here. */
  async function isOver(entry: string): Promise<boolean> {
    const id = idOf(entry);
    const asked = await readAsked(id);
    if (!asked) return true;
    const ended = await readEnd(id);
    if (ended) {
      await tidy(asked, ended); // whoever ended it may have died over it
      return true;
    }
    if (now() - (timeOfId(id) ?? 0) < keepSeconds * 1000) return false;
    const message = 'no worker has come to an end with it in all the time that scans are kept';
    await end(id, { state: 'failed', error: { code: 'TIMED_OUT', message } });
    return true;
  }

  async function* openScans(): AsyncGenerator<ScanRecord> {
    for await (const entry of journal.unsettled(isOver)) {
      const record = await find(idOf(entry));
      if (record && !isFinal(record.state)) yield record;
    }
  }

  async function listOpen({ state, requestedBy, before }: ListFilter): Promise<ScanRecord[]> {
    const found: ScanRecord[] = [];
    for await (const record of openScans()) {
      const { id, request } = record;
      if (record.state !== state || (before !== undefined && id >= before)) continue;
      if (requestedBy === undefined || request.requestedBy === requestedBy) found.push(record);
    }
    return found.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Ids newest first, of that caller. */
  async function* ids({ requestedBy, before }: ListFilter): AsyncGenerator<string> {
    const tag = requestedBy === undefined ? undefined : tagOf(requestedBy);
    const from = before === undefined ? undefined : timeOfId(before);
    let last: string | undefined;
    for await (const entry of journal.newestFirst(from === undefined ? {} : { from })) {
      const id = idOf(entry);
      if (id === last || (before !== undefined && id >= before)) continue;
      last = id;
      if (tag === undefined || entry.endsWith(tag)) yield id;
    }
  }

  async function listAll(filter: ListFilter, limit: number): Promise<ScanRecord[]> {
    const found: ScanRecord[] = [];
    const { state, requestedBy } = filter;
    const read = async (some: readonly string[]): Promise<void> => {
      for (const record of await Promise.all(some.map(find))) {
        if (!record || (state !== undefined && record.state !== state)) continue;
        if (requestedBy === undefined || record.request.requestedBy === requestedBy) found.push(record);
      }
    };
    let some: string[] = [];
    for await (const id of ids(filter)) {
      some.push(id);
      if (some.length < Math.min(AT_ONCE, limit)) continue;
      await read(some);
      some = [];
      if (found.length >= limit) break;
    }
    await read(some);
    return found;
  }

  return {
    newId: () => newSortableId(now()),
    async create(request, id, hasCredential) {
      const at = timeOfId(id);
      if (at === undefined) throw new DrydockError('INTERNAL', 'a scan needs an id of its own kind');
      const createdAt = new Date(at).toISOString();
      const asked: NewScan = { schema: 1, id, request, createdAt, hasCredential };
      await put(askedKey(id), asked);
      // One that comes back into a store that was emptied needs an entry that nobody took for settled meanwhile.
      await journal.append(`${id}.${now().toString(36)}.${tagOf(request.requestedBy)}`, at);
      return toRecord(asked, undefined);
    },
    find,
    hadCredential: async (id) => (await readAsked(id))?.hasCredential ?? false,
    async list(filter = {}) {
      const limit = Math.min(MAX_LIMIT, Math.max(1, filter.limit ?? DEFAULT_LIMIT));
      if (filter.before !== undefined && timeOfId(filter.before) === undefined) return [];
      const isOpen = filter.state === 'queued' || filter.state === 'running';
      return (isOpen ? await listOpen(filter) : await listAll(filter, limit)).slice(0, limit);
    },
    open: openScans,
    isEmptied: () => store.put(markKey, Buffer.from('1'), { ttlSeconds: MARK_SECONDS, ifAbsent: true }),
    async remove(id) {
      await store.delete(askedKey(id));
    },
    isOver: async (id) => (await store.get(endKey(id))) !== undefined,
    async findWaiting(key) {
      const bytes = await store.get(waitingKey(key));
      const record = bytes && (await find(Buffer.from(bytes).toString()));
      return record?.state === 'queued' ? record : undefined;
    },
    noteWaiting: async (key, id) =>
      void (await store.put(waitingKey(key), Buffer.from(id), { ttlSeconds: keepSeconds })),
    onChange(id, listener) {
      listeners.on(id, listener);
      return () => void listeners.off(id, listener);
    },
    async note(id, begun) {
      await put(begunKey(id), { schema: 1, ...begun }, keepSeconds);
      tell(id);
    },
    end,
  };
}

/** True for the states that never change again. */
export function isFinal(state: ScanState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

function toRecord(asked: NewScan, further: BegunScan | EndedScan | undefined): ScanRecord {
  const { hasCredential: _, ...known } = asked;
  return { ...known, ...(further ?? { state: 'queued', attempts: 0 }), schema: 1 };
}

const idOf = (entry: string): string => entry.slice(0, entry.indexOf('.'));
const tagOf = (caller: string): string => digestOf(caller, 12);
const digestOf = (text: string, length: number): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, length);
