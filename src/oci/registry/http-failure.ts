/** Whose answer it is: the registry's own, that of its token server, or that of where it keeps its blobs. */
export type HostRole = 'registry' | 'token' | 'storage';

/** An answer that is no success, before anybody decided what it means. Stays inside this folder. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  readonly role: HostRole;
  readonly host: string;
  /** Whether a credential was shown. */
  readonly signedIn: boolean;
  /** What the server said, fit to be shown. */
  readonly detail: string | undefined;
  /** How long it wants to be left alone. */
  readonly retryAfterMs: number | undefined;
  /** Of a 416: the length that the server says there is. */
  readonly totalBytes: number | undefined;

  constructor(facts: {
    readonly status: number;
    readonly role: HostRole;
    readonly host: string;
    readonly signedIn: boolean;
    readonly detail?: string | undefined;
    readonly retryAfterMs?: number | undefined;
    readonly totalBytes?: number | undefined;
  }) {
    super(`${facts.host} answered ${facts.status}`);
    this.status = facts.status;
    this.role = facts.role;
    this.host = facts.host;
    this.signedIn = facts.signedIn;
    this.detail = facts.detail;
    this.retryAfterMs = facts.retryAfterMs;
    this.totalBytes = facts.totalBytes;
  }
}

/** A body that ended, in good order, before all of it had come. */
export class ShortBody extends Error {
  override readonly name = 'ShortBody';
}
