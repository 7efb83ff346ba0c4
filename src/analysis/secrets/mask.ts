/** Tells text out of a file in which everything secret is covered. */
export interface Mask {
  /** The bytes from `from` to `to` (exclusive), at most 100 characters of them, as harmless text. */
  reveal(from: number, to: number): string;
}

const STAR = 0x2a;
const MAX_CHARACTERS = 100;
/** Long secrets are known piece by piece, wherever a part of them stands. */
const PIECE = 256;
/** What is looked at beyond what is shown: no piece that reaches into it is cut. */
const MARGIN = 2 * PIECE;
/** Lines of a secret that are shorter than this are no secret by themselves (`=` at the end of a key). */
const MIN_PART = 4;
const MAX_PARTS = 2_000;

type Range = { readonly start: number; readonly end: number };

/**
 * Covers the places given, and every other place at which the same text stands. A secret of several lines is covered
 * line by line.
 */
export function maskOf(content: Buffer, secrets: readonly Range[]): Mask {
  const ranges = merged(secrets);
  const parts = partsOf(content, ranges);

  const revealed = new Map<string, string>();

  function reveal(from: number, to: number): string {
    const key = `${from},${to}`;
    const known = revealed.get(key) ?? uncached(from, to);
    revealed.set(key, known);
    return known;
  }

  function uncached(from: number, to: number): string {
    const end = Math.min(to, from + 4 * MAX_CHARACTERS);
    const seen = Math.max(0, from - MARGIN);
    const copy = Buffer.from(content.subarray(seen, Math.min(content.length, end + MARGIN)));
    for (const part of parts) coverAll(copy, part, content.subarray(seen, seen + copy.length));
    for (const range of ranges.slice(firstBehind(ranges, seen))) {
      if (range.start >= seen + copy.length) break;
      copy.fill(STAR, Math.max(0, range.start - seen), Math.min(copy.length, range.end - seen));
    }
    return harmless(copy.subarray(from - seen, end - seen));
  }
  return { reveal };
}

/** In order, without overlaps. */
function merged(secrets: readonly Range[]): readonly Range[] {
  const ranges: { start: number; end: number }[] = [];
  for (const { start, end } of secrets.toSorted((a, b) => a.start - b.start)) {
    const last = ranges.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

function firstBehind(ranges: readonly Range[], place: number): number {
  const first = ranges.findIndex(({ end }) => end > place);
  return first < 0 ? ranges.length : first;
}

/** The distinct lines of secrets, longest first. */
function partsOf(content: Buffer, ranges: readonly Range[]): readonly Buffer[] {
  const parts = new Set<string>();
  for (const { start, end } of ranges) {
    for (const line of content.toString('latin1', start, end).split(/[\r\n]+|\\n/)) {
      const part = line.trim();
      if (part.length < MIN_PART) continue;
      for (let at = 0; at + PIECE < part.length; at += PIECE) parts.add(part.slice(at, at + PIECE));
      parts.add(part.slice(-PIECE));
    }
    if (parts.size > MAX_PARTS) break;
  }
  return [...parts].sort((a, b) => b.length - a.length).map((part) => Buffer.from(part, 'latin1'));
}

function coverAll(copy: Buffer, part: Buffer, original: Buffer): void {
  for (let at = original.indexOf(part); at >= 0; at = original.indexOf(part, at + 1)) {
    copy.fill(STAR, at, at + part.length);
  }
}

/** What could move a cursor, colour a terminal or turn the direction of writing becomes a question mark. */
const HARMFUL =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function harmless(bytes: Buffer): string {
  let [from, to] = [0, bytes.length];
  // A character cut in two by the border is left out.
  while (from < to && from < 4 && isContinuation(bytes[from])) from++;
  for (let back = 1; back < 4 && back < to - from; back++) {
    const byte = bytes[to - back] ?? 0;
    if (byte < 0x80) break;
    if (isContinuation(byte)) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (length > back) to -= back;
    break;
  }
  const text = bytes.toString('utf8', from, to).replace(/\r$/, '').replace(HARMFUL, '?');
  return [...text].slice(0, MAX_CHARACTERS).join('');
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
