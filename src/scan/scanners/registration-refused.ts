export type RefusalReason =
  /** The registration cannot be so. */
  | 'invalid'
  /** Another one has its name or address. */
  | 'duplicate'
  /** There is none of that id. */
  | 'unknown'
  /** It stands in the server's own file. */
  | 'fixed'
  /** It has scans that are not over. */
  | 'busy'
  /** The scanner does not answer. */
  | 'unreachable'
  /** It answers, but not as a scanner. */
  | 'no-scanner'
  /** It lies where this server may not connect to. */
  | 'forbidden';

/** A registration, or a change of one, that is not taken. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

export function invalid(message: string): RegistrationRefused {
  return new RegistrationRefused('invalid', message);
}
