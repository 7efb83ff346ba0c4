import type { Digest } from './image.ts';
import type { ScanKey } from './report.ts';

/** What is scanned, and where it lies. */
export interface CompositeArtifact {
  /** Scheme and host, and perhaps a path. */
  readonly registryUrl: string;
  readonly plainHttp: boolean;
  /** A reference with the digest and, where there is one, the tag. */
  readonly image: string;
  readonly repository: string;
  readonly digest: Digest;
  readonly tag?: string;
  /** Media type of the manifest, as the asker named it. */
  readonly manifestType?: string;
}

/** Why a part came to nothing, in words that its asker may read. */
export interface ComponentError {
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Somebody who may make a report. */
export type Candidate =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'scanner';
      /** Of its registration. */
      readonly id: string;
      readonly name: string;
      readonly maxInFlight: number;
      readonly timeoutSeconds: number;
    };

/** Who makes the report of a part; decided when the scan is accepted. */
export type ComponentPlan =
  /** Drydock, in the one scan that all such parts of a composite share. */
  | { readonly kind: 'local' }
  /** The first of them who can. */
  | { readonly kind: 'remote'; readonly candidates: readonly Candidate[] }
  | { readonly kind: 'refused'; readonly error: ComponentError };

/** One report of a composite scan. */
export interface ComponentRecord {
  readonly id: string;
  /** The media type, letter for letter as it was asked for. */
  readonly key: string;
  /** Its one spelling; as the key for what is no media type. */
  readonly mediaType: string;
  /** Checked, and without those that only say who is to scan. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly plan: ComponentPlan;
}

/** A scan of several types that was accepted. It never changes. */
export interface CompositeRecord {
  readonly schema: 1;
  readonly id: string;
  readonly requestedBy: string;
  /** RFC 3339, UTC, as all times here. */
  readonly createdAt: string;
  readonly artifact: CompositeArtifact;
  /** In the order in which they were asked for. */
  readonly components: readonly ComponentRecord[];
  /** The scan that makes the reports of its local parts. */
  readonly scanId?: string;
  /** Credentials are kept with its remote parts. */
  readonly hasCredential: boolean;
}

/** How far a remote part is. */
export interface ComponentProgress {
  readonly schema: 1;
  /** Index of the candidate who is at it. */
  readonly candidate: number;
  /** Of that candidate. */
  readonly scanner?: string;
  readonly startedAt?: string;
  /** It was running already, with a candidate that came before. */
  readonly isBegun?: boolean;
  /** The work that it drives. */
  readonly workKey?: string;
  /** The scan that makes the report after all. */
  readonly scanId?: string;
  /** Since when it waits for somebody else's work on the same. */
  readonly joinedAt?: string;
  /** Its asker may read the artifact, as a registry has said. */
  readonly isProven?: boolean;
  /** Not to share anything, as nobody could say whether its asker may read the artifact. */
  readonly isAlone?: boolean;
}

/** How a part ended; written once. */
export interface ComponentEnd {
  readonly schema: 1;
  readonly state: 'completed' | 'failed' | 'aborted';
  readonly startedAt?: string;
  readonly finishedAt: string;
  readonly error?: ComponentError;
  /** Whose report it is; absent: Drydock's. */
  readonly scanner?: string;
  /** The report was there already. */
  readonly cached?: boolean;
  /** Where Drydock's own report lies. */
  readonly report?: ScanKey;
  /** Where somebody else's lies. */
  readonly result?: string;
}
