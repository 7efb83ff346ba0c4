/** Real metadata has some dozens; a long list of classifiers makes it a few hundred. */
const MAX_HEADERS = 20_000;
const MAX_VALUE_CHARS = 4096;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/**
 * Values of the wanted headers of a message, by lower-case name; the body is not read. A continued value keeps its
 * line breaks, and too long a one is cut. Lines that are no header are passed over.
 */
export function readHeaders(content: Uint8Array, wanted: ReadonlySet<string>): Map<string, string[]> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const headers = new Map<string, string[]>();
  let open: string[] | undefined;
  let lines = 0;
  for (let start = startOf(bytes); start < bytes.length && lines < MAX_HEADERS; lines++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = newline < 0 ? bytes.length : newline;
    if (end > start && bytes[end - 1] === RETURN) end--;
    if (end === start) break;
    const first = bytes[start];
    if (first === SPACE || first === TAB) {
      if (open) continueValue(open, textBetween(bytes, start, end));
    } else {
      open = valuesOf(headers, wanted, bytes, start, end);
    }
    start = next;
  }
  return headers;
}

/** After the byte order mark, if there is one. */
function startOf(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

function valuesOf(
  headers: Map<string, string[]>,
  wanted: ReadonlySet<string>,
  bytes: Buffer,
  start: number,
  end: number,
): string[] | undefined {
  const line = textBetween(bytes, start, end);
  const colon = bytes[start] === COLON ? -1 : line.indexOf(':');
  if (colon < 0 || colon > 64) return undefined;
  const name = line.slice(0, colon).trim().toLowerCase();
  if (!wanted.has(name)) return undefined;
  const values = headers.get(name) ?? [];
  values.push(line.slice(colon + 1).trim());
  headers.set(name, values);
  return values;
}

function continueValue(values: string[], line: string): void {
  const value = values.at(-1) ?? '';
  if (value.length < MAX_VALUE_CHARS) values[values.length - 1] = `${value}\n${line.trim()}`;
}

function textBetween(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, Math.min(end, start + MAX_VALUE_CHARS));
}
