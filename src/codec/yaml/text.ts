const QUOTED_START = /^["']/;
/** What may not start a plain scalar: it would be an anchor, an alias, a tag, a directive, or is reserved. */
const FOREIGN_START = /^(?:[&*!%@`|>{}[\],#]|[?:-] )/;

/**
 * The key that starts at `at`, and where its colon's right side begins.
 * undefined where there is no `key:` on this line.
 */
export function readKey(line: string, at: number): { key: string; end: number } | undefined {
  const first = line[at];
  if (first === '"' || first === "'") {
    const close = endOfQuoted(line, at);
    if (close === undefined || line[close] !== ':' || !isGap(line, close + 1)) return undefined;
    const key = unquote(line.slice(at, close));
    return key === undefined ? undefined : { key, end: close + 1 };
  }
  let colon = line.indexOf(':', at);
  while (colon >= 0 && !isGap(line, colon + 1)) colon = line.indexOf(':', colon + 1);
  if (colon < 0) return undefined;
  const key = line.slice(at, colon).trimEnd();
  // ` #` before the colon: the colon stands in a comment.
  if (key === '' || FOREIGN_START.test(key) || key.includes(' #')) return undefined;
  return { key, end: colon + 1 };
}

function isGap(line: string, at: number): boolean {
  return at >= line.length || line[at] === ' ';
}

/** The rest of a line from `at` on, without the comment behind its value. */
export function withoutComment(line: string, at: number): string {
  const first = line[at];
  const from = first === '"' || first === "'" ? (endOfQuoted(line, at) ?? line.length) : at;
  const mark = line.indexOf(' #', from);
  return line.slice(at, mark < 0 ? line.length : mark).trimEnd();
}

/** A scalar on one line; undefined for what is none. */
export function readText(text: string): string | undefined {
  if (QUOTED_START.test(text)) return endOfQuoted(text, 0) === text.length ? unquote(text) : undefined;
  return FOREIGN_START.test(text) || text.includes(': ') || text.endsWith(':') ? undefined : text;
}

/** Where the quoted text that starts at `at` is over: behind its closing mark. */
export function endOfQuoted(text: string, at: number): number | undefined {
  const quote = text[at];
  for (let end = at + 1; end < text.length; end++) {
    if (quote === '"' && text[end] === '\\') end++;
    else if (text[end] === quote) {
      if (quote === '"' || text[end + 1] !== quote) return end + 1;
      end++;
    }
  }
  return undefined;
}

/** Escapes of YAML that JSON knows too; others are not written by programs. */
function unquote(text: string): string | undefined {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}

/**
 * A text over several lines, below `|` or `>`: all lines further in than `indent`. How they are joined is of no
 * interest here.
 *
 * @param line of the mark, from 1
 */
export function readBlockText(
  lines: readonly string[],
  line: number,
  indent: number,
): { readonly text: string; readonly endLine: number } {
  const parts: string[] = [];
  let at = line;
  for (; at < lines.length; at++) {
    const row = lines[at] ?? '';
    const trimmed = row.trim();
    if (trimmed !== '' && row.length - row.trimStart().length <= indent) break;
    parts.push(trimmed);
  }
  return { text: parts.join('\n').trim(), endLine: at };
}
