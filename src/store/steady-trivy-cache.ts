import { DrydockError } from '../base/errors.ts';
import { openByteLru } from './byte-lru.ts';
import type { Circuit } from './circuit.ts';
import type { TrivyCache } from './trivy-cache.ts';

export interface SteadyOptions {
  /** Keeps those away from the store who would only wait for it. */
  readonly circuit: Circuit;
  /** Of this process's memory, while the store is away. */
  readonly bytes: number;
  readonly now?: () => number;
}

/** A client sends its layers and asks for their judgement within minutes. */
const KEPT_SECONDS = 900;

/**
 * What clients send while the store is away stays in this process's memory for a while: whoever talks to this process
 * alone does not notice. What is neither here nor there is an error, never taken for absent.
 */
export function steadyTrivyCache(behind: TrivyCache, options: SteadyOptions): TrivyCache {
  const { circuit, bytes, now = Date.now } = options;
  const near = openByteLru(bytes, now);
  const blob = (key: string): string => `b${key}`;
  const artifact = (key: string): string => `a${key}`;

  async function put(key: string, json: Uint8Array, act: () => Promise<void>): Promise<void> {
    try {
      await circuit.run(act);
      near.delete(key);
    } catch (error) {
      if (!isAway(error)) throw error;
      near.set(key, json, KEPT_SECONDS);
      if (near.get(key) === undefined) throw error; // too large to be kept
    }
  }

  async function get(
    key: string,
    act: () => Promise<Uint8Array | undefined>,
  ): Promise<Uint8Array | undefined> {
    const known = near.get(key);
    return known ?? (await circuit.run(act));
  }

  return {
    getBlob: (key) => get(blob(key), () => behind.getBlob(key)),
    putBlob: (key, json) => put(blob(key), json, () => behind.putBlob(key, json)),
    async hasBlobs(keys) {
      const known = keys.filter((key) => near.get(blob(key)) !== undefined);
      try {
        return new Set([...known, ...(await circuit.run(() => behind.hasBlobs(keys)))]);
      } catch (error) {
        if (!isAway(error)) throw error;
        return new Set(known); // whoever is told that the others are missing sends them
      }
    },
    async deleteBlobs(keys) {
      for (const key of keys) near.delete(blob(key));
      await circuit.run(() => behind.deleteBlobs(keys));
    },
    // Asked for only to find out whether it has to be sent.
    getArtifact: (key) =>
      get(artifact(key), () => behind.getArtifact(key)).catch((error: unknown) => {
        if (isAway(error)) return undefined;
        throw error;
      }),
    putArtifact: (key, json) => put(artifact(key), json, () => behind.putArtifact(key, json)),
  };
}

function isAway(error: unknown): boolean {
  return error instanceof DrydockError && error.code === 'STORE_UNAVAILABLE';
}
