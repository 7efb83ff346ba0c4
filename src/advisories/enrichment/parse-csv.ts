/**
 * Rows of comma-separated values; a quoted value may hold commas, line ends and doubled quotes. Never throws: what
 * makes no sense is taken as it stands.
 * @see RFC 4180
 */
export function* parseCsv(text: string): Generator<string[]> {
  let row: string[] = [];
  for (let at = 0; at < text.length;) {
    const { value, end } = text[at] === '"' ? quotedValue(text, at + 1) : plainValue(text, at);
    row.push(value);
    const stop = text[end];
    at = end + 1;
    if (stop === ',' && at < text.length) continue;
    if (stop === ',') row.push('');
    if (stop === '\r' && text[at] === '\n') at++;
    if (row.length > 1 || row[0] !== '') yield row;
    row = [];
  }
}

interface Value {
  readonly value: string;
  /** Of what ends it: a comma, a line's end, or the text's. */
  readonly end: number;
}

function plainValue(text: string, from: number): Value {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++;
  return { value: text.slice(from, end), end };
}

function quotedValue(text: string, from: number): Value {
  const pieces: string[] = [];
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return { value: pieces.join('') + text.slice(at), end: text.length };
    pieces.push(text.slice(at, quote));
    if (text[quote + 1] !== '"') {
      const rest = plainValue(text, quote + 1);
      return { value: pieces.join('') + rest.value, end: rest.end };
    }
    pieces.push('"');
    at = quote + 2;
  }
}
