export interface TagValue {
  readonly tag: string;
  readonly value: string;
}

const OPEN = '<text>';
const CLOSE = '</text>';

/** Lines of `Tag: value`; a value goes on over lines between `<text>` and `</text>`. All other lines are passed by. */
export function* tagValues(text: string): Generator<TagValue> {
  let from = 0;
  while (from < text.length) {
    const end = endOfLine(text, from);
    const line = text.slice(from, end);
    from = end + 1;
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#')) continue;
    const tag = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (!value.startsWith(OPEN)) {
      yield { tag, value };
      continue;
    }
    const start = end - line.length + line.indexOf(OPEN, colon) + OPEN.length;
    const close = text.indexOf(CLOSE, start);
    if (close < 0) return; // it never ends, so that all the rest is part of it
    yield { tag, value: text.slice(start, close) };
    from = endOfLine(text, close) + 1;
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
