import type { Scanner } from './scanner.ts';

/** What somebody wants scanned, as far as it matters to who does it. */
export interface ScannerWish {
  /** Of the report, normalised. */
  readonly mediaType: string;
  /** Media type of the manifest; absent where the asker does not say. */
  readonly manifestType?: string;
  /** Path of the image within its registry. */
  readonly repository: string;
  /** Id or name of the one that shall do it, and no other. */
  readonly scanner?: string;
}

/** Who may do it: Drydock itself, or somebody else within the bounds of his registration. */
export type Chosen =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'scanner';
      readonly scanner: Scanner;
      /** Of its registration; what people know it by. */
      readonly name: string;
      /** Tasks that it may be given at one time. */
      readonly maxInFlight: number;
      /** Of a task, from its beginning to its report. */
      readonly timeoutSeconds: number;
    };

/** Knows all scanners, and which of them is for what. */
export interface ScannerChoice {
  /**
   * Best first; whoever comes after may be asked when those before cannot. Never empty.
   *
   * @throws ScannerFailure NO_SCANNER where nobody who is there takes it, UNKNOWN_MIME_TYPE where nobody knows that type
   */
  choose(wish: ScannerWish): Promise<readonly Chosen[]>;
  /** For a task that was begun before; also one that gets no new ones any more. @param id of the registration */
  find(id: string): Promise<Scanner | undefined>;
}
