/** Characters that Go's encoder escapes so that its JSON may stand in a page. */
const ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** From here on down a value is small: an element of a list of packages or findings. */
const WHOLE_DEPTH = 4;

function text(value: unknown, indent = ''): string {
  const lines = JSON.stringify(value, null, 2);
  const indented = indent === '' ? lines : lines.replaceAll('\n', `\n${indent}`);
  return indented.replace(/[<>&\u2028\u2029]/g, (char) => ESCAPES[char] ?? char);
}

/**
 * JSON with two spaces of indent, escaped as Go's encoder does, in pieces of moderate size: long lists come element
 * by element, so that a large report is never one string. Members that are `undefined` are left out.
 */
export function* jsonPieces(value: unknown, indent = '', depth = 0): Generator<string> {
  if (typeof value !== 'object' || value === null || depth >= WHOLE_DEPTH) {
    yield value === undefined ? 'null' : text(value, indent);
    return;
  }
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const members: (readonly [string, unknown])[] = isList
    ? (value as readonly unknown[]).map((element) => ['', element])
    : Object.entries(value).flatMap(([key, member]) =>
        member === undefined ? [] : [[`${text(key)}: `, member]],
      );
  if (members.length === 0) {
    yield isList ? '[]' : '{}';
    return;
  }
  yield isList ? '[' : '{';
  for (const [index, [key, member]] of members.entries()) {
    yield `${index > 0 ? ',' : ''}\n${inner}${key}`;
    yield* jsonPieces(member, inner, depth + 1);
  }
  yield `\n${indent}${isList ? ']' : '}'}`;
}
