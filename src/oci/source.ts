import type { Signal } from '../base/signal.ts';
import type { Image, Layer, Platform } from '../model/image.ts';

/**
 * Where a layer's stored (compressed) bytes are.
 * A file range is read by the thread that analyzes it; a stream is pulled chunk by chunk with back-pressure.
 * Neither is checked here: whoever reads it to the end hashes it and compares with the descriptor.
 */
export type LayerContent =
  | { readonly kind: 'file'; readonly path: string; readonly offset: number; readonly length: number }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> };

/** An image whose layers can be opened one by one, in any order. */
export interface ImageSource extends AsyncDisposable {
  /** Layers come as streams although the image is in no registry. */
  readonly isStreamed?: true;
  /**
   * The image for a platform; manifest and config are checked against their digests.
   * @param platform undefined means this machine's, and the only one there is where there is just one.
   */
  resolve(platform: Platform | undefined, options: Signal): Promise<Image>;
  openLayer(image: Image, layer: Layer, options: Signal): Promise<LayerContent>;
}

/** A blob that passed by in a {@link StreamedArchive}, as the caller has read it. */
export interface ReadBlob {
  /** Digest of the bytes as stored. */
  readonly digest: string;
  /** Digest of the uncompressed bytes. */
  readonly diffId: string;
  readonly sizeBytes: number;
}

/**
 * An image archive whose bytes pass by only once (standard input, a compressed file), layers in any order and
 * often before the manifest that names them.
 */
export interface StreamedArchive extends AsyncDisposable {
  /**
   * Reads to the end and gives the image. Each blob that may be a layer is handed to `onBlob`, which must read it
   * to its end and answer with its digests; they are then matched with the manifest.
   */
  read(
    platform: Platform | undefined,
    onBlob: (chunks: AsyncIterable<Uint8Array>, sizeBytes: number) => Promise<ReadBlob>,
    options: Signal,
  ): Promise<Image>;
}
