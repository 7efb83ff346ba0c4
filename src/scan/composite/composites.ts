import type {
  ComponentEnd,
  ComponentError,
  ComponentRecord,
  CompositeArtifact,
  CompositeRecord,
} from '../../model/composite.ts';
import type { RegistryCredential } from '../../oci/credentials/credential.ts';

/** The last three never change again. */
export type ScanProgress = 'started' | 'running' | 'completed' | 'failed' | 'aborted';

/** How a part stands. */
export interface ComponentLook {
  readonly record: ComponentRecord;
  readonly state: ScanProgress;
  /** Nobody has begun it yet. */
  readonly isQueued: boolean;
  /** Who makes the report, as far as that is known. */
  readonly scanner?: string;
  readonly startedAt?: string;
  /** Of a part that failed. */
  readonly error?: ComponentError;
  readonly end?: ComponentEnd;
}

/** How a scan of several types stands. */
export interface CompositeLook {
  readonly record: CompositeRecord;
  readonly state: ScanProgress;
  /** It is over, and not all of it came to a report. */
  readonly isPartial: boolean;
  readonly components: readonly ComponentLook[];
}

/** One type of report that is wanted. */
export interface AskedType {
  /** Its media type, letter for letter. */
  readonly key: string;
  /** Whatever somebody has sent. */
  readonly parameters: unknown;
}

export interface AskedComposite {
  readonly requestedBy: string;
  readonly artifact: CompositeArtifact;
  readonly credential?: RegistryCredential;
  /** No two of them mean the same. */
  readonly types: readonly AskedType[];
  /** All or nothing: one type that cannot be made is a reason to refuse the rest. */
  readonly isStrict: boolean;
  /** By it the same request is known again. */
  readonly idempotencyKey?: string;
}

/** Nothing of what was asked for is done, and why, by type. */
export class CompositeRefused extends Error {
  override readonly name = 'CompositeRefused';
  readonly errors: ReadonlyMap<string, ComponentError>;

  constructor(errors: ReadonlyMap<string, ComponentError>) {
    super('none of the types of report that were asked for can be made');
    this.errors = errors;
  }
}

/** An idempotency key that stands for another request. */
export class IdempotencyConflict extends Error {
  override readonly name = 'IdempotencyConflict';
}

/** Scans of several types, each done by Drydock or by another scanner. */
export interface Composites {
  /**
   * Accepted means kept: what is asked for survives the end of any process.
   *
   * @throws CompositeRefused, IdempotencyConflict; DrydockError QUEUE_FULL, STORE_UNAVAILABLE, REFERENCE_INVALID,
   * CREDENTIALS_INVALID
   */
  submit(asked: AskedComposite): Promise<CompositeLook>;
  /** @param id of the whole or of a part */
  find(id: string): Promise<CompositeLook | undefined>;
  /** Idempotent; what is over stays as it is. @param componentId without it all parts */
  abort(look: CompositeLook, componentId?: string): Promise<CompositeLook>;
}
