import type { Job } from '../model/job.ts';
import { parseDeadLetter, toBytes } from './job-text.ts';
import type { JobJournal, JobStore } from './needs.ts';
import type { DeadLetter } from './queue.ts';

export interface DeadLetters {
  add(job: Job, reason: string): Promise<void>;
  find(id: string): Promise<DeadLetter | undefined>;
  remove(id: string): Promise<void>;
  /** Newest last. */
  list(): AsyncGenerator<DeadLetter>;
}

export const DEAD_LETTER_SECONDS = 7 * 86_400;
const MAX_REASON = 2000;

export function openDeadLetters(store: JobStore, journal: JobJournal, now: () => number): DeadLetters {
  const key = (id: string): string => `job-dead/1/${id}`;

  async function find(id: string): Promise<DeadLetter | undefined> {
    const bytes = await store.get(key(id));
    return bytes && parseDeadLetter(bytes);
  }

  return {
    async add(job, reason) {
      const letter = { job, reason: reason.slice(0, MAX_REASON), at: new Date(now()).toISOString() };
      await store.put(key(job.id), toBytes(letter), { ttlSeconds: DEAD_LETTER_SECONDS });
      await journal.append(job.id, now());
    },
    find,
    remove: (id) => store.delete(key(id)),
    async *list() {
      const ids = new Set<string>();
      for await (const id of journal.newestFirst()) ids.add(id);
      const letters: DeadLetter[] = [];
      for (const id of ids) {
        const letter = await find(id);
        if (letter) letters.push(letter);
      }
      // Of the same moment, in the order of their ids.
      yield* letters.reverse().sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    },
  };
}
