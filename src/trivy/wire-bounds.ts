import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf';

const MAX_MESSAGES = 1_000_000;
/** Items of lists that are no messages, and fields that nobody knows: each costs far less. */
const MAX_ITEMS = 5_000_000;
const MAX_DEPTH = 100;

export type WireVerdict = 'fits' | 'too-much' | 'unreadable';

interface Counted {
  messages: number;
  items: number;
  /** Fields by number, made once for each of the few schemas there are. */
  readonly fields: Map<DescMessage, ReadonlyMap<number, DescField>>;
}

/** Whether what is in bytes keeps within bounds once it is objects, by one look at them. */
export function judgeWire(schema: DescMessage, bytes: Uint8Array): WireVerdict {
  return count(schema, bytes, 0, bytes.length, { messages: 0, items: 0, fields: new Map() }, 0);
}

function count(
  schema: DescMessage,
  bytes: Uint8Array,
  start: number,
  end: number,
  counted: Counted,
  depth: number,
): WireVerdict {
  if (++counted.messages > MAX_MESSAGES || depth > MAX_DEPTH) return 'too-much';
  const fields = fieldsOf(schema, counted);
  const cursor = { at: start };
  while (cursor.at < end) {
    const tag = readVarint(bytes, cursor, end);
    const field = fields.get(Math.floor(tag / 8));
    const type = tag % 8;
    if (type === 0) readVarint(bytes, cursor, end);
    else if (type === 1) cursor.at += 8;
    else if (type === 5) cursor.at += 4;
    else if (type === 2) {
      const length = readVarint(bytes, cursor, end);
      const stop = Math.min(end, cursor.at + length);
      const inner = field && messageIn(field);
      const verdict = inner ? count(inner, bytes, cursor.at, stop, counted, depth + 1) : 'fits';
      if (verdict !== 'fits') return verdict;
      if (field && isPacked(field)) counted.items += stop - cursor.at;
      cursor.at = stop;
    } else return 'unreadable'; // groups, which nobody sends, and nonsense
    const isOne = field && field.fieldKind !== 'list' && field.fieldKind !== 'map';
    if (!isOne && ++counted.items > MAX_ITEMS) return 'too-much';
  }
  return counted.items <= MAX_ITEMS ? 'fits' : 'too-much';
}

function fieldsOf(schema: DescMessage, { fields: known }: Counted): ReadonlyMap<number, DescField> {
  const found = known.get(schema);
  if (found) return found;
  const fields = new Map(schema.fields.map((field) => [field.number, field]));
  known.set(schema, fields);
  return fields;
}

/** Entries of maps are messages, too, but become no more than their values. */
function messageIn(field: DescField): DescMessage | undefined {
  if (field.fieldKind === 'message') return field.message;
  if (field.fieldKind === 'list' && field.listKind === 'message') return field.message;
  if (field.fieldKind === 'map' && field.mapKind === 'message') return entryOf(field);
  return undefined;
}

/** As if it were declared: what matters is that its second field is such a message. */
function entryOf(field: DescField & { fieldKind: 'map'; mapKind: 'message' }): DescMessage {
  const value = { fieldKind: 'message', number: 2, message: field.message } as unknown as DescField;
  return { fields: [value] } as unknown as DescMessage;
}

function isPacked(field: DescField): boolean {
  if (field.fieldKind !== 'list' || field.listKind === 'message') return false;
  return (
    field.listKind === 'enum' || (field.scalar !== ScalarType.STRING && field.scalar !== ScalarType.BYTES)
  );
}

function readVarint(bytes: Uint8Array, cursor: { at: number }, end: number): number {
  let value = 0;
  let factor = 1;
  while (cursor.at < end) {
    const byte = bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  return value;
}
