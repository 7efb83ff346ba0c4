/** Bounds on what clients can have the server hold. */
export interface ServerLimits {
  /** Of a body, for routes that say nothing else. */
  readonly bodyBytes: number;
  /** Of all headers of a request together. */
  readonly headerBytes: number;
  readonly connections: number;
  /** Requests that are being answered; more are put off with 503. */
  readonly inFlight: number;
  /** From a connection's or request's begin to the end of its headers, a TLS handshake included. */
  readonly headersMs: number;
  /** From a request's begin to the end of its body. */
  readonly requestMs: number;
  /** Without a request on an open connection. */
  readonly keepAliveMs: number;
  /** A client that has taken nothing of its answer for so long is cut off. */
  readonly stalledAnswerMs: number;
  readonly pathParameterChars: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 1024 * 1024,
  headerBytes: 32 * 1024,
  connections: 4096,
  inFlight: 512,
  headersMs: 10_000,
  requestMs: 120_000,
  keepAliveMs: 75_000,
  stalledAnswerMs: 60_000,
  pathParameterChars: 512,
};
