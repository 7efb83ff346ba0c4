/** One package of the installed database: the wanted fields under their letters. */
export interface ApkRecord {
  readonly fields: ReadonlyMap<string, string>;
  /** Of its first line, from 1. */
  readonly line: number;
  /** Lines that are no field, or a wanted field that is too long to be one. */
  readonly oddLines: number;
}

/** The longest `D` and `p` lines are a few KiB. */
const MAX_FIELD_BYTES = 1 << 20;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const COLON = 0x3a;

/**
 * Records of apk's installed database: lines `X:value`, a record ended by an empty line. The many lines about files
 * (`F`, `R`, `a`, `Z`) are passed over undecoded.
 */
export function* readRecords(content: Uint8Array, wanted: string): Generator<ApkRecord> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const letters = new Map([...wanted].map((letter) => [letter.charCodeAt(0), letter]));
  let fields: Map<string, string> | undefined;
  let firstLine = 0;
  let oddLines = 0;
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = newline < 0 ? bytes.length : newline;
    if (end > start && bytes[end - 1] === RETURN) end--;
    line++;
    if (end > start) {
      if (!fields) [fields, firstLine, oddLines] = [new Map<string, string>(), line, 0];
      const letter = letters.get(bytes[start] ?? 0);
      if (bytes[start + 1] !== COLON || start + 1 >= end) oddLines++;
      else if (letter !== undefined && end - start > MAX_FIELD_BYTES) oddLines++;
      else if (letter !== undefined) fields.set(letter, bytes.toString('utf8', start + 2, end).trim());
    } else if (fields) {
      yield { fields, line: firstLine, oddLines };
      fields = undefined;
    }
    start = next;
  }
  if (fields) yield { fields, line: firstLine, oddLines };
}
