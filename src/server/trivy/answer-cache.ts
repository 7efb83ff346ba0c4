import type { Answer } from './answers.ts';

/** An answer of Scan, and the blobs it was made of with the digests of what they held. */
export interface KnownAnswer {
  readonly answer: Answer;
  readonly blobs: ReadonlyMap<string, string>;
  /** When the blobs were last looked at, in milliseconds. */
  verifiedAt: number;
  readonly madeAt: number;
}

/** Answers that may be told again, the longest unused going first. */
export interface AnswerCache {
  get(key: string): KnownAnswer | undefined;
  set(key: string, known: KnownAnswer): void;
  /** A blob holds something from now on (undefined: nothing): what was made of something else is forgotten. */
  changed(blobId: string, digest: string | undefined): void;
  forget(key: string): void;
}

/** What an entry costs besides its bytes, and what the compressed bytes may add. */
const ENTRY_BYTES = 1_024;
/** Puts that a Scan under way may not have seen. */
const RECENT_CHANGES = 10_000;

export function openAnswerCache(maxBytes: number): AnswerCache {
  const entries = new Map<string, KnownAnswer>();
  const byBlob = new Map<string, Set<string>>();
  const recent = new Map<string, string | undefined>();
  let bytes = 0;

  function forget(key: string): void {
    const known = entries.get(key);
    if (!known) return;
    entries.delete(key);
    bytes -= sizeOf(known);
    for (const id of known.blobs.keys()) {
      const keys = byBlob.get(id);
      keys?.delete(key);
      if (keys?.size === 0) byBlob.delete(id);
    }
  }

  const isOutdated = (id: string, digest: string): boolean => recent.has(id) && recent.get(id) !== digest;

  return {
    get(key) {
      const known = entries.get(key);
      if (!known) return undefined;
      entries.delete(key);
      entries.set(key, known);
      return known;
    },
    set(key, known) {
      forget(key);
      const size = sizeOf(known);
      if (size > maxBytes / 4 || [...known.blobs].some(([id, digest]) => isOutdated(id, digest))) return;
      entries.set(key, known);
      bytes += size;
      for (const id of known.blobs.keys()) byBlob.set(id, (byBlob.get(id) ?? new Set()).add(key));
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        forget(oldest);
      }
    },
    changed(blobId, digest) {
      recent.delete(blobId);
      recent.set(blobId, digest);
      for (const oldest of recent.keys()) {
        if (recent.size <= RECENT_CHANGES) break;
        recent.delete(oldest);
      }
      for (const key of [...(byBlob.get(blobId) ?? [])])
        if (entries.get(key)?.blobs.get(blobId) !== digest) forget(key);
    },
    forget,
  };
}

/** The compressed bytes are made later, and are counted as if they were half. */
function sizeOf({ answer, blobs }: KnownAnswer): number {
  let size = ENTRY_BYTES + answer.bytes.length * 1.5;
  for (const id of blobs.keys()) size += 2 * id.length + 200;
  return size;
}
