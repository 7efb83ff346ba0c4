import { randomUUID } from 'node:crypto';
import { ownBytes } from '../../base/own-bytes.ts';
import type { Store } from '../store.ts';
import { readPack, type Pack } from './pack.ts';

/**
 * A part of the catalogue: a pack of all that was known once, and after it a log, an entry for each change since. An
 * entry is put where none is, so that of several writers none undoes what another one wrote. From time to time pack
 * and log become a new pack. The last pack and its log stay, for those who are reading them.
 */
export interface Head {
  /** Of this catalogue: another one has begun when it differs. */
  readonly birth: string;
  /** Entries before this one are in the pack. */
  readonly base: number;
  /** The base before. */
  readonly previous: number;
}

export interface Contents {
  readonly head: Head;
  /** The pack, if there is one, and the entries of the log. */
  readonly packs: readonly Pack[];
  /** The place of the next entry. */
  readonly tail: number;
}

export interface BucketLog {
  read(): Promise<Contents>;
  /** How long the log is by now. */
  append(entry: Buffer): Promise<number>;
  /** @param merge all that is known as one pack */
  compact(merge: (packs: readonly Pack[]) => Buffer): Promise<void>;
  /** Forgets what was read, to make room. */
  drop(): void;
}

/** Entries of the log beyond which it is worth writing a pack. */
export const MAX_LOG = 32;
/** More than are there between two compactions, even if these fail for long. */
const MAX_APPEND_TRIES = 100_000;
const MAX_READ_TRIES = 20;
/** Who died while compacting is waited for this long. */
const LOCK_SECONDS = 60;

export function openBucketLog(store: Store, prefix: string): BucketLog {
  const headKey = `${prefix}/head`;
  const packKey = (base: number): string => `${prefix}/pack/${base}`;
  const entryKey = (place: number): string => `${prefix}/log/${place}`;
  let kept: Contents | undefined;

  async function readHead(): Promise<Head | undefined> {
    const bytes = await store.get(headKey);
    return bytes && parseHead(bytes);
  }

  /** The first to come decides on the name. */
  async function beginHead(): Promise<Head> {
    const fresh: Head = { birth: randomUUID(), base: 0, previous: 0 };
    await store.put(headKey, Buffer.from(JSON.stringify(fresh)), { ifAbsent: true });
    const found = await readHead();
    if (found) return found;
    await store.put(headKey, Buffer.from(JSON.stringify(fresh)));
    return fresh;
  }

  async function readPart(key: string): Promise<Pack | undefined> {
    const found = await store.get(key);
    if (!found) return undefined;
    const bytes = ownBytes(found);
    // An entry that was damaged is passed over, and does not hide those after it.
    return readPack(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)) ?? NOTHING;
  }

  async function readOnce(head: Head): Promise<Contents> {
    const isKept = kept?.head.birth === head.birth && kept.head.base === head.base;
    const packs = kept && isKept ? [...kept.packs] : [];
    let tail = kept && isKept ? kept.tail : head.base;
    if (!isKept && head.base > 0) packs.push((await readPart(packKey(head.base))) ?? NOTHING);
    for (;;) {
      const entry = await readPart(entryKey(tail));
      if (!entry) break;
      packs.push(entry);
      tail++;
    }
    return kept && isKept && tail === kept.tail ? kept : { head, packs, tail };
  }

  async function read(): Promise<Contents> {
    let head = await readHead();
    if (!head) return EMPTY;
    for (let tries = 1; ; tries++) {
      const contents = await readOnce(head);
      const now = await readHead();
      if (tries >= MAX_READ_TRIES || (now?.birth === head.birth && now.base === head.base)) {
        kept = contents;
        return contents;
      }
      if (!now) return EMPTY;
      head = now;
    }
  }

  async function append(entry: Buffer): Promise<number> {
    let head = (await readHead()) ?? (await beginHead());
    let place = kept?.head.birth === head.birth && kept.tail >= head.base ? kept.tail : head.base;
    for (let tries = 0; tries < MAX_APPEND_TRIES; tries++) {
      if (await store.put(entryKey(place), entry, { ifAbsent: true })) {
        // In between, entries up to here may have become a pack and been deleted: nobody would look there again.
        head = (await readHead()) ?? (await beginHead());
        if (head.base <= place) return place + 1 - head.base;
        place = head.base;
      } else {
        // A store that cannot write has said so by itself.
        if ((await store.get(entryKey(place))) === undefined && tries > 0) return 0;
        place++;
      }
    }
    return 0;
  }

  async function compact(merge: (packs: readonly Pack[]) => Buffer): Promise<void> {
    const lock = `${prefix}/compacting`;
    const mine = Buffer.from('1');
    if (!(await store.put(lock, mine, { ifAbsent: true, ttlSeconds: LOCK_SECONDS }))) return;
    try {
      const { head, packs, tail } = await read();
      if (tail - head.base < MAX_LOG) return;
      // A store may refuse what is too large for it: then all stays as it is.
      if (!(await store.put(packKey(tail), merge(packs)))) return;
      const now = await readHead();
      if (now?.birth !== head.birth || now.base !== head.base) return;
      await forget(head);
      const next: Head = { birth: head.birth, base: tail, previous: head.base };
      await store.put(headKey, Buffer.from(JSON.stringify(next)));
    } finally {
      await store.delete(lock);
    }
  }

  /** What the pack in use replaced. Before the next pack counts, so that a kill in between leaves nothing behind. */
  async function forget({ base, previous }: Head): Promise<void> {
    for (let place = previous; place < base; place++) await store.delete(entryKey(place));
    if (previous > 0) await store.delete(packKey(previous));
  }

  return { read, append, compact, drop: () => (kept = undefined) };
}

const NOTHING: Pack = { bytes: Buffer.alloc(0), records: [], textCount: 0, text: () => '' };
const EMPTY: Contents = { head: { birth: '', base: 0, previous: 0 }, packs: [], tail: 0 };

function parseHead(bytes: Uint8Array): Head | undefined {
  try {
    const { birth, base, previous } = JSON.parse(Buffer.from(bytes).toString()) as Partial<Head>;
    const isSound = typeof birth === 'string' && Number.isSafeInteger(base) && Number.isSafeInteger(previous);
    return isSound ? ({ birth, base, previous } as Head) : undefined;
  } catch {
    return undefined; // damage is a new beginning
  }
}
