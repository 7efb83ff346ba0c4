/**
 * JSON documents of images are changed as text: what is not meant to change stays byte for byte, numbers that no
 * float holds, odd keys and white space included. All texts given here have been parsed before, so they are JSON.
 */

interface Member {
  readonly key: string;
  /** Of the key's quotation mark. */
  readonly start: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

interface Element {
  readonly start: number;
  readonly end: number;
}

/** The value of a member as text; undefined where the object has no such member. The last one counts, as in parsers. */
export function memberText(object: string, key: string): string | undefined {
  const found = membersOf(object).findLast((member) => member.key === key);
  return found && object.slice(found.valueStart, found.valueEnd);
}

/** True where a key stands twice, so that readers may differ in which one they take. */
export function hasTwice(object: string, key: string): boolean {
  return membersOf(object).filter((member) => member.key === key).length > 1;
}

/** The object with another value for a key, at its place, or as the last member where there was none. */
export function withMember(object: string, key: string, value: string): string {
  const members = membersOf(object);
  const found = members.findLast((member) => member.key === key);
  if (found) return object.slice(0, found.valueStart) + value + object.slice(found.valueEnd);
  const last = members.at(-1);
  const added = `${JSON.stringify(key)}:${value}`;
  if (!last) return `{${added}}`;
  return `${object.slice(0, last.valueEnd)},${added}${object.slice(last.valueEnd)}`;
}

/** The texts of an array's elements. */
export function elementTexts(array: string): string[] {
  return elementsOf(array).map(({ start, end }) => array.slice(start, end));
}

/** The array with one more element. */
export function withElement(array: string, element: string): string {
  const last = elementsOf(array).at(-1);
  if (!last) return `[${element}]`;
  return `${array.slice(0, last.end)},${element}${array.slice(last.end)}`;
}

/** The array with each element given another text, or taken out where that is undefined. */
export function withElements(array: string, change: (element: string) => string | undefined): string {
  const changed = elementTexts(array).map(change);
  return `[${changed.filter((element) => element !== undefined).join(',')}]`;
}

function membersOf(object: string): Member[] {
  const members: Member[] = [];
  let at = space(object, 1);
  while (object[at] === '"') {
    const start = at;
    const keyEnd = valueEnd(object, at);
    const valueStart = space(object, space(object, keyEnd) + 1);
    const end = valueEnd(object, valueStart);
    members.push({
      key: JSON.parse(object.slice(start, keyEnd)) as string,
      start,
      valueStart,
      valueEnd: end,
    });
    at = space(object, end);
    if (object[at] !== ',') break;
    at = space(object, at + 1);
  }
  return members;
}

function elementsOf(array: string): Element[] {
  const elements: Element[] = [];
  let at = space(array, 1);
  while (at < array.length && array[at] !== ']') {
    const end = valueEnd(array, at);
    elements.push({ start: at, end });
    at = space(array, end);
    if (array[at] === ',') at = space(array, at + 1);
  }
  return elements;
}

function space(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text[at] ?? '')) at++;
  return at;
}

/** Where the value that begins here ends. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth > 0) continue;
    if (char === '"' || char === '}' || char === ']') return at + 1;
    const next = text[at + 1];
    if (next === undefined || ',}] \t\n\r'.includes(next)) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}
