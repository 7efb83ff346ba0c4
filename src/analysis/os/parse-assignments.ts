const MAX_LINES = 1_000;
const MAX_VALUE_LENGTH = 4_096;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The assignments of an os-release file, the last of a name winning. Quotes and backslashes are understood as a shell
 * would, but nothing is ever evaluated: `$` and backquotes are plain characters.
 * @see os-release(5)
 */
export function parseAssignments(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/, MAX_LINES)) {
    const equals = line.indexOf('=');
    const name = equals < 0 ? '' : line.slice(0, equals).trim();
    if (NAME.test(name)) values.set(name, parseValue(line.slice(equals + 1, equals + 1 + MAX_VALUE_LENGTH)));
  }
  return values;
}

function parseValue(raw: string): string {
  const text = raw.trim();
  let value = '';
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote === '' && char === '#' && /\s/.test(text.charAt(i - 1))) break;
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === quote) quote = '';
    else if (char === '\\' && isEscape(quote, text.charAt(i + 1))) value += text.charAt(++i);
    else value += char;
  }
  return printable(value).trim();
}

/** Within double quotes a backslash is itself unless one of four characters follows. */
function isEscape(quote: string, next: string): boolean {
  return next !== '' && quote !== "'" && (quote === '' || '"$`\\'.includes(next));
}

/** Without what would move a terminal's cursor. */
export function printable(text: string): string {
  return text.replace(/[\0-\x1f\x7f-\x9f]/g, '');
}
