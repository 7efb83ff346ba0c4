import { createHash } from 'node:crypto';
import type { Job } from '../model/job.ts';
import type { JobStore } from './needs.ts';

/** One job of a key may wait at a time. */
export interface Dedupe {
  /** Writes the job, unless another one of the same key waits. */
  claim(
    job: Job,
    isWaiting: (id: string) => Promise<boolean>,
    write: () => Promise<boolean>,
  ): Promise<boolean>;
  /** It does not wait any more. */
  release(job: Job): Promise<void>;
}

const TTL_SECONDS = 7 * 86_400;

/** The same for the same text, and fit to be part of any name. */
export function tokenOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 32);
}

export function openDedupe(store: JobStore): Dedupe {
  // Between the claim and the job being written nothing in the store says that a job waits.
  const claiming = new Set<string>();
  const keyOf = ({ dedupeKey }: Job): string | undefined =>
    dedupeKey === undefined ? undefined : `job-dedupe/1/${tokenOf(dedupeKey)}`;

  async function holder(key: string): Promise<string | undefined> {
    const bytes = await store.get(key);
    return bytes && Buffer.from(bytes).toString();
  }

  async function isWon(
    key: string,
    id: string,
    isWaiting: (id: string) => Promise<boolean>,
  ): Promise<boolean> {
    const value = Buffer.from(id);
    if (await store.put(key, value, { ttlSeconds: TTL_SECONDS, ifAbsent: true })) return true;
    const other = await holder(key);
    if (other !== undefined && (await isWaiting(other))) return false;
    await store.put(key, value, { ttlSeconds: TTL_SECONDS });
    return true;
  }

  return {
    async claim(job, isWaiting, write) {
      const key = keyOf(job);
      if (key === undefined) return await write();
      if (claiming.has(key)) return false;
      claiming.add(key);
      try {
        return (await isWon(key, job.id, isWaiting)) && (await write());
      } finally {
        claiming.delete(key);
      }
    },
    async release(job) {
      const key = keyOf(job);
      if (key !== undefined && (await holder(key)) === job.id) await store.delete(key);
    },
  };
}
