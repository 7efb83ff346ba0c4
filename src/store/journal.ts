import { DrydockError } from '../base/errors.ts';
import type { Store } from './store.ts';

/**
 * Short texts by time, in a store that has no order and whose keys are dear to list. They lie in pages of a span of
 * time; every page has one writer ever, who puts it anew with each entry, so that nobody overwrites another's.
 */
export interface Journal {
  /** Kept once this is done. `at`: milliseconds since 1970, about now. */
  append(entry: string, at: number): Promise<void>;
  /** Newest first by span, within one in descending order of the text. */
  newestFirst(options?: { readonly from?: number }): AsyncIterable<string>;
  /**
   * Entries that are not settled yet, oldest first. What is settled once is never asked for again, and a span that is
   * over and wholly settled is not read again, by nobody.
   */
  unsettled(isSettled: (entry: string) => Promise<boolean>): AsyncIterable<string>;
}

export interface JournalOptions {
  /** Part of the keys. */
  readonly name: string;
  readonly keepSeconds: number;
  readonly now?: () => number;
}

const SPAN_MS = 600_000;
/** Clocks may differ, and who is slow may still append after the end of a span. */
const GRACE_MS = 600_000;
const PAGE_ENTRIES = 128;
const MAX_ENTRY_LENGTH = 200;
/** Asked for at once. */
const AT_ONCE = 32;

interface OwnPage {
  readonly number: number;
  readonly entries: string[];
}

/** What is known of a span by who looks for unsettled entries. */
interface SeenSpan {
  readonly fullPages: Map<number, readonly string[]>;
  /** Of the first page: another one tells that the store was emptied meanwhile. */
  firstEntry?: string | undefined;
  readonly settled: Set<string>;
}

interface Pending {
  readonly entry: string;
  readonly done: PromiseWithResolvers;
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export function openJournal(store: Store, { name, keepSeconds, now = Date.now }: JournalOptions): Journal {
  const own = new Map<number, OwnPage>();
  const pending = new Map<number, Pending[]>();
  const writing = new Set<number>();
  const seen = new Map<number, SeenSpan>();
  const settledSpans = new Set<number>();

  const spanOf = (at: number): number => Math.floor(at / SPAN_MS);
  const pageKey = (span: number, page: number): string => `${name}/${span}/${page}`;
  const settledKey = (span: number): string => `${name}/${span}/settled`;
  const oldestSpan = (): number => spanOf(now() - keepSeconds * 1000);
  const isOver = (span: number): boolean => (span + 1) * SPAN_MS + GRACE_MS < now();
  const ttlSeconds = keepSeconds + (SPAN_MS + GRACE_MS) / 1000;

  async function readPage(span: number, page: number): Promise<readonly string[] | undefined> {
    const bytes = await store.get(pageKey(span, page));
    return bytes && parsePage(bytes);
  }

  async function write(span: number, entries: readonly string[]): Promise<void> {
    const page = await ownPage(span);
    if (!page || page.entries.length + entries.length > PAGE_ENTRIES) {
      own.set(span, { number: await claim(span, (page?.number ?? -1) + 1, entries), entries: [...entries] });
      return;
    }
    const value = toPage([...page.entries, ...entries]);
    if (!(await store.put(pageKey(span, page.number), value, { ttlSeconds }))) throw unwritable();
    page.entries.push(...entries);
  }

  /** A store that was emptied has lost it, and what is after a gap would not be found: then it gets a new place. */
  async function ownPage(span: number): Promise<OwnPage | undefined> {
    const page = own.get(span);
    if (!page || (await store.get(pageKey(span, page.number))) !== undefined) return page;
    own.delete(span);
    const again = { number: await claim(span, 0, page.entries), entries: page.entries };
    own.set(span, again);
    return again;
  }

  /** The first free place; pages of a span have no gaps, so that its end can be seen. */
  async function claim(span: number, from: number, entries: readonly string[]): Promise<number> {
    for (let page = from; ; page++) {
      if ((await store.get(pageKey(span, page))) !== undefined) continue;
      if (await store.put(pageKey(span, page), toPage(entries), { ttlSeconds, ifAbsent: true })) return page;
      if ((await store.get(pageKey(span, page))) === undefined) throw unwritable();
    }
  }

  /** One write at a time per span; who comes meanwhile goes together with the next. */
  async function flush(span: number): Promise<void> {
    writing.add(span);
    for (let batch = takeBatch(span); batch.length > 0; batch = takeBatch(span)) {
      try {
        await write(
          span,
          batch.map(({ entry }) => entry),
        );
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    writing.delete(span);
    for (const old of own.keys()) if (isOver(old)) own.delete(old);
    for (const old of pending.keys()) if (isOver(old) && !writing.has(old)) pending.delete(old);
  }

  const takeBatch = (span: number): Pending[] => pending.get(span)?.splice(0, PAGE_ENTRIES) ?? [];

  async function readSpan(span: number): Promise<string[]> {
    const found: string[] = [];
    for (let first = 0, count = 2; ; first += count, count = Math.min(AT_ONCE, 2 * count)) {
      const pages = await Promise.all(numbers(first, count).map((page) => readPage(span, page)));
      for (const page of pages) {
        if (!page) return found;
        found.push(...page);
      }
    }
  }

  /** Spans that hold something, in the order given. */
  async function* heldSpans(spans: readonly number[]): AsyncGenerator<number> {
    for (let first = 0; first < spans.length; first += AT_ONCE) {
      const some = spans.slice(first, first + AT_ONCE);
      const isHeld = await Promise.all(some.map((span) => store.get(pageKey(span, 0))));
      for (const [i, span] of some.entries()) if (isHeld[i]) yield span;
    }
  }

  async function* openSpans(): AsyncGenerator<number> {
    const last = spanOf(now() + GRACE_MS);
    const first = oldestSpan();
    for (const span of settledSpans) if (span < first) settledSpans.delete(span);
    for (const span of seen.keys()) if (span < first) seen.delete(span);
    const spans = numbers(first, last - first + 1).filter((span) => !settledSpans.has(span));
    const held = new Set<number>();
    for await (const span of heldSpans(spans)) {
      held.add(span);
      if (isOver(span) && (await store.get(settledKey(span)))) settledSpans.add(span);
      else yield span;
    }
    for (const span of spans) if (!held.has(span) && isOver(span)) settledSpans.add(span);
  }

  /** Pages that are full, or whose span is over, do not change and are read once. */
  async function readNewPages(span: number, known: SeenSpan): Promise<string[]> {
    const found: string[] = [];
    const over = isOver(span);
    if (known.fullPages.size > 0 && !over) {
      const [first] = (await readPage(span, 0)) ?? [];
      if (first !== known.firstEntry) known.fullPages.clear();
    }
    for (let page = 0; ; page++) {
      const entries = known.fullPages.get(page) ?? (await readPage(span, page));
      if (!entries) return found;
      if (page === 0 && !known.fullPages.has(0)) [known.firstEntry] = entries;
      const open = entries.filter((entry) => !known.settled.has(entry));
      if (over || entries.length >= PAGE_ENTRIES) known.fullPages.set(page, open);
      found.push(...open);
    }
  }

  return {
    async append(entry, at) {
      if (entry.length > MAX_ENTRY_LENGTH || entry.includes('\n'))
        throw new DrydockError('INTERNAL', 'an entry of a journal must be one short line');
      const span = spanOf(at);
      const done = withResolvers();
      const line = pending.get(span) ?? [];
      pending.set(span, line);
      line.push({ entry, done });
      if (!writing.has(span)) void flush(span);
      await done.promise;
    },
    async *newestFirst({ from = now() + GRACE_MS } = {}) {
      const first = oldestSpan();
      const spans = numbers(first, spanOf(from) - first + 1).reverse();
      for await (const span of heldSpans(spans)) yield* (await readSpan(span)).sort(descending);
    },
    async *unsettled(isSettled) {
      for await (const span of openSpans()) {
        const known = seen.get(span) ?? {
          fullPages: new Map<number, string[]>(),
          settled: new Set<string>(),
        };
        seen.set(span, known);
        const entries = await readNewPages(span, known);
        let isAllSettled = true;
        for (let first = 0; first < entries.length; first += AT_ONCE) {
          const some = entries.slice(first, first + AT_ONCE);
          const settled = await Promise.all(some.map(isSettled));
          for (const [i, entry] of some.entries()) {
            if (settled[i]) known.settled.add(entry);
            else {
              isAllSettled = false;
              yield entry;
            }
          }
        }
        if (!isAllSettled || !isOver(span)) continue;
        await store.put(settledKey(span), Buffer.from('1'), { ttlSeconds });
        settledSpans.add(span);
        seen.delete(span);
      }
    },
  };
}

const descending = (a: string, b: string): number => (a < b ? 1 : a > b ? -1 : 0);
const numbers = (first: number, count: number): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, i) => first + i);

const toPage = (entries: readonly string[]): Uint8Array => Buffer.from(entries.join('\n'));

/** A page longer than any that was written is damage. */
function parsePage(bytes: Uint8Array): readonly string[] {
  if (bytes.length > PAGE_ENTRIES * (MAX_ENTRY_LENGTH * 4 + 1)) return [];
  return Buffer.from(bytes).toString().split('\n');
}

function unwritable(): DrydockError {
  return new DrydockError('STORE_UNAVAILABLE', 'the store does not take what it is given', {
    hint: 'See whether the disk is full or the directory can be written.',
  });
}

function withResolvers(): PromiseWithResolvers {
  let resolve = (): void => undefined;
  let reject = (_error: unknown): void => undefined;
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  return { promise, resolve, reject };
}
