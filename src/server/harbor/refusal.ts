/** A refusal in the protocol's own words, with the status that it has for it. */
export class HarborRefusal extends Error {
  override readonly name = 'HarborRefusal';
  readonly status: number;
  /** Stable, for programs. */
  readonly code: string;
  readonly hint: string | undefined;

  constructor(status: number, message: string, { code, hint }: { code: string; hint?: string | undefined }) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/** A field that is missing or holds what it cannot. */
export function invalidField(message: string): HarborRefusal {
  return new HarborRefusal(422, message, { code: 'FIELD_INVALID' });
}

/** A body that is no such request at all. */
export function malformed(message: string): HarborRefusal {
  return new HarborRefusal(400, message, { code: 'REQUEST_INVALID' });
}
