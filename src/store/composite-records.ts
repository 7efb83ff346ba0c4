import { createHash } from 'node:crypto';
import { DrydockError } from '../base/errors.ts';
import type {
  ComponentEnd,
  ComponentProgress,
  ComponentRecord,
  CompositeRecord,
} from '../model/composite.ts';
import { newSortableId, timeOfId } from './sortable-id.ts';
import type { Store } from './store.ts';

/** A part together with the whole. */
export interface FoundComponent {
  readonly composite: CompositeRecord;
  readonly component: ComponentRecord;
}

/** Who asked under an idempotency key first. */
export interface ClaimedKey {
  readonly id: string;
  /** Of what was asked. */
  readonly requestHash: string;
}

/**
 * Scans of several types, in a store that all processes share. What was asked for never changes; each part has a record
 * of how far it is, which only its worker writes, and one of how it ended, which is written only where nothing is yet.
 */
export interface CompositeRecords {
  newId(): string;
  /** @throws DrydockError STORE_UNAVAILABLE */
  create(record: CompositeRecord): Promise<void>;
  find(id: string): Promise<CompositeRecord | undefined>;
  findComponent(id: string): Promise<FoundComponent | undefined>;
  progressOf(componentId: string): Promise<ComponentProgress | undefined>;
  /** Of no account once the part is over. */
  note(componentId: string, progress: Omit<ComponentProgress, 'schema'>): Promise<void>;
  endOf(componentId: string): Promise<ComponentEnd | undefined>;
  /** @returns how it ended: so, or as somebody else has said before */
  end(
    componentId: string,
    end: Omit<ComponentEnd, 'schema'>,
  ): Promise<{ readonly end: ComponentEnd; readonly isFirst: boolean }>;
  /** Says that a scanner may be asked for the part, until it is over or so many seconds have passed. */
  noteOpen(scannerId: string, componentId: string, ttlSeconds: number): Promise<void>;
  noteOver(scannerId: string, componentId: string): Promise<void>;
  /** How many parts are not over for which that scanner may be asked. */
  countOpen(scannerId: string): Promise<number>;
  /** @returns who has the key already; undefined: it is claimed by this */
  claimKey(caller: string, key: string, claim: ClaimedKey): Promise<ClaimedKey | undefined>;
  /** Takes a key over whose holder did not come to an end. */
  replaceKey(caller: string, key: string, claim: ClaimedKey): Promise<void>;
  releaseKey(caller: string, key: string): Promise<void>;
}

const KEY_SECONDS = 24 * 3600;
const MAX_BYTES = 4 << 20;

const compositeKey = (id: string): string => `composite/1/${id}`;
const progressKey = (id: string): string => `component-progress/1/${id}`;
const endKey = (id: string): string => `component-end/1/${id}`;
const openPrefix = (scannerId: string): string => `component-open/1/${encodeURIComponent(scannerId)}/`;
const claimKeyOf = (caller: string, key: string): string =>
  `composite-key/1/${createHash('sha256')
    .update(JSON.stringify([caller, key]))
    .digest('base64url')}`;

/** The id of a part, from which that of the whole can be told. */
export function componentIdOf(compositeId: string, index: number): string {
  return `s-${compositeId.slice('c-'.length)}-${index + 1}`;
}

/** Undefined for what is not the id of a part. */
export function compositeIdOf(componentId: string): string | undefined {
  const found = /^s-([0-9A-Z]{26})-[1-9][0-9]?$/.exec(componentId);
  return found ? `c-${found[1]}` : undefined;
}

function isCompositeId(id: string): boolean {
  return id.startsWith('c-') && timeOfId(id.slice('c-'.length)) !== undefined;
}

/** @param keepSeconds how long ids are known */
export function openCompositeRecords(
  store: Store,
  { keepSeconds, now = Date.now }: { readonly keepSeconds: number; readonly now?: () => number },
): CompositeRecords {
  async function read<T extends { readonly schema: 1 }>(key: string): Promise<T | undefined> {
    const bytes = await store.get(key);
    return bytes && parse<T>(bytes);
  }

  async function put(key: string, value: object, ifAbsent = false): Promise<boolean> {
    const bytes = Buffer.from(JSON.stringify(value));
    if (await store.put(key, bytes, { ttlSeconds: keepSeconds, ifAbsent })) return true;
    if (ifAbsent && (await store.get(key)) !== undefined) return false;
    throw new DrydockError('STORE_UNAVAILABLE', 'the store of scans does not take what it is given', {
      hint: 'See whether the disk is full or the directory can be written.',
    });
  }

  async function find(id: string): Promise<CompositeRecord | undefined> {
    const record = isCompositeId(id) ? await read<CompositeRecord>(compositeKey(id)) : undefined;
    return record?.id === id ? record : undefined;
  }

  return {
    newId: () => `c-${newSortableId(now())}`,
    async create(record) {
      await put(compositeKey(record.id), record);
    },
    find,
    async findComponent(id) {
      const compositeId = compositeIdOf(id);
      const composite = compositeId === undefined ? undefined : await find(compositeId);
      const component = composite?.components.find((one) => one.id === id);
      return composite && component && { composite, component };
    },
    progressOf: (id) => read<ComponentProgress>(progressKey(id)),
    async note(id, progress) {
      await put(progressKey(id), { schema: 1, ...progress });
    },
    endOf: (id) => read<ComponentEnd>(endKey(id)),
    async end(id, how) {
      const end: ComponentEnd = { schema: 1, ...how };
      if (await put(endKey(id), end, true)) return { end, isFirst: true };
      return { end: (await read<ComponentEnd>(endKey(id))) ?? end, isFirst: false };
    },
    async noteOpen(scannerId, componentId, ttlSeconds) {
      await store.put(openPrefix(scannerId) + componentId, Buffer.from('1'), { ttlSeconds });
    },
    noteOver: (scannerId, componentId) => store.delete(openPrefix(scannerId) + componentId),
    async countOpen(scannerId) {
      let count = 0;
      for await (const _ of store.keys(openPrefix(scannerId))) count++;
      return count;
    },
    async claimKey(caller, key, claim) {
      const bytes = Buffer.from(JSON.stringify({ schema: 1, ...claim }));
      const options = { ttlSeconds: KEY_SECONDS, ifAbsent: true };
      if (await store.put(claimKeyOf(caller, key), bytes, options)) return undefined;
      return await read<ClaimedKey & { readonly schema: 1 }>(claimKeyOf(caller, key));
    },
    async replaceKey(caller, key, claim) {
      const bytes = Buffer.from(JSON.stringify({ schema: 1, ...claim }));
      await store.put(claimKeyOf(caller, key), bytes, { ttlSeconds: KEY_SECONDS });
    },
    releaseKey: (caller, key) => store.delete(claimKeyOf(caller, key)),
  };
}

function parse<T extends { readonly schema: 1 }>(bytes: Uint8Array): T | undefined {
  if (bytes.length > MAX_BYTES) return undefined;
  try {
    const value = JSON.parse(Buffer.from(bytes).toString()) as Partial<T> | null;
    return value?.schema === 1 ? (value as T) : undefined;
  } catch {
    return undefined; // damage is a miss
  }
}
