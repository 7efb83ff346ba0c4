/** One paragraph of a control file: the wanted fields under their lower-case names. */
export interface Stanza {
  readonly fields: ReadonlyMap<string, string>;
  /** Of its first line, from 1. */
  readonly line: number;
  /** Lines that are neither a field nor the continuation of one. */
  readonly oddLines: number;
  /** Wanted fields that were longer than {@link MAX_FIELD_BYTES} and are cut. */
  readonly cutFields: readonly string[];
}

/** Above any real field that is asked for (the longest `Depends` are a few KiB). */
export const MAX_FIELD_BYTES = 1 << 20;
const MAX_NAME_BYTES = 64;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/**
 * Paragraphs of a Debian control file, told apart by empty lines. Only lines of wanted fields are decoded, so that a
 * long `Description` or list of `Conffiles` costs next to nothing. Continuation lines are joined by a newline.
 * @see deb822(5)
 */
export function* readStanzas(content: Uint8Array, wanted: ReadonlySet<string>): Generator<Stanza> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  let stanza: OpenStanza | undefined;
  let line = 0;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline < 0 ? bytes.length : newline + 1;
    let end = newline < 0 ? bytes.length : newline;
    if (end > start && bytes[end - 1] === RETURN) end--;
    line++;
    if (end > start) {
      stanza ??= { line, fields: new Map(), oddLines: 0, cutFields: new Set(), current: undefined };
      addLine(stanza, bytes.subarray(start, end), wanted);
    } else if (stanza) {
      yield close(stanza);
      stanza = undefined;
    }
    start = next;
  }
  if (stanza) yield close(stanza);
}

interface OpenField {
  readonly name: string;
  readonly lines: string[];
  roomBytes: number;
}

interface OpenStanza {
  readonly line: number;
  readonly fields: Map<string, OpenField>;
  oddLines: number;
  readonly cutFields: Set<string>;
  /** Undefined within a field that nobody asks for, and before the first. */
  current: OpenField | undefined;
}

function addLine(stanza: OpenStanza, line: Buffer, wanted: ReadonlySet<string>): void {
  if (line[0] === SPACE || line[0] === TAB) {
    addText(stanza, line);
    return;
  }
  stanza.current = undefined;
  const colon = colonIn(line);
  if (colon <= 0) {
    stanza.oddLines++;
    return;
  }
  const name = line.toString('latin1', 0, colon).toLowerCase();
  if (!wanted.has(name) || stanza.fields.has(name)) return; // of a field given twice the first counts
  stanza.current = { name, lines: [], roomBytes: MAX_FIELD_BYTES };
  stanza.fields.set(name, stanza.current);
  addText(stanza, line.subarray(colon + 1));
}

function colonIn(line: Buffer): number {
  const end = Math.min(line.length, MAX_NAME_BYTES + 1);
  for (let i = 0; i < end; i++) if (line[i] === COLON) return i;
  return -1;
}

function addText({ current, cutFields }: OpenStanza, text: Buffer): void {
  if (!current) return;
  if (text.length > current.roomBytes) cutFields.add(current.name);
  else current.lines.push(text.toString('utf8').trim());
  // A cut field takes nothing more: half a name would be another name.
  current.roomBytes = text.length > current.roomBytes ? -1 : current.roomBytes - text.length;
}

function close({ line, fields, oddLines, cutFields }: OpenStanza): Stanza {
  const texts = [...fields.values()].map(({ name, lines }) => [name, lines.join('\n').trim()] as const);
  return { line, fields: new Map(texts), oddLines, cutFields: [...cutFields] };
}
