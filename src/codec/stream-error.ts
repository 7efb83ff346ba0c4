/** Damaged, truncated or over-sized data in a stream. The room that reads it says which stream it was. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
}
