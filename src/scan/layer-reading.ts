import { createHash } from 'node:crypto';
import { openTreeAnalyzer, type LayerContents } from '../analysis/analyze-tree.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { StreamError } from '../codec/stream-error.ts';
import { openTarWalker } from '../codec/tar/walker.ts';
import type { Digest } from '../model/image.ts';

/** More than any sound layer unpacks to; beyond it lies only a bomb. */
const MAX_UNCOMPRESSED_BYTES = 64 * 2 ** 30;

export interface HashAlgorithms {
  readonly stored: string;
  readonly uncompressed: string;
}

/** One layer read to its end: its digests, and what was in it or why it could not be read. */
export interface LayerReading {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly storedBytes: number;
  readonly uncompressedBytes: number;
  readonly result:
    | { readonly contents: LayerContents }
    | { readonly failure: { readonly kind: 'corrupt' | 'limit'; readonly message: string } };
}

/**
 * Takes a layer's bytes as stored and as uncompressed, in step. Damage does not end it: the stored bytes are
 * hashed on, so that a wrong digest is told as such and not as damage.
 */
export interface LayerReader {
  stored(chunk: Uint8Array): void;
  uncompressed(piece: Uint8Array): void;
  /** Decompression failed; only stored bytes follow. */
  fail(message: string): void;
  finish(): LayerReading;
}

export function openLayerReader(analyzers: readonly Analyzer[], algorithms: HashAlgorithms): LayerReader {
  const storedHash = createHash(algorithms.stored);
  const uncompressedHash = createHash(algorithms.uncompressed);
  const tree = openTreeAnalyzer(analyzers);
  const tar = openTarWalker(tree);
  let storedBytes = 0;
  let uncompressedBytes = 0;
  let failure: { kind: 'corrupt' | 'limit'; message: string } | undefined;

  function attempt(run: () => void): void {
    if (failure) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      failure = { kind: 'corrupt', message: error.message };
    }
  }

  return {
    stored(chunk) {
      storedHash.update(chunk);
      storedBytes += chunk.length;
    },
    uncompressed(piece) {
      if (failure?.kind === 'limit') return;
      uncompressedHash.update(piece);
      uncompressedBytes += piece.length;
      if (uncompressedBytes > MAX_UNCOMPRESSED_BYTES) {
        failure = { kind: 'limit', message: `unpacks to more than ${MAX_UNCOMPRESSED_BYTES / 2 ** 30} GiB` };
      } else attempt(() => tar.push(piece));
    },
    fail(message) {
      failure ??= { kind: 'corrupt', message };
    },
    finish() {
      attempt(() => tar.end());
      return {
        digest: `${algorithms.stored}:${storedHash.digest('hex')}` as Digest,
        diffId: `${algorithms.uncompressed}:${uncompressedHash.digest('hex')}` as Digest,
        storedBytes,
        uncompressedBytes,
        result: failure ? { failure } : { contents: tree.finish() },
      };
    },
  };
}
