/** Bytes that are not what they should be. Whoever reads them for a user says what that means. */
export class CodecError extends Error {
  override readonly name = 'CodecError';
}
