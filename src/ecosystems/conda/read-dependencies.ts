/** An item of a list in a file, and its line, from 1. */
export interface ListItem {
  readonly text: string;
  readonly line: number;
}

const MAX_LINES = 100_000;
const MAX_ITEM_CHARS = 1024;

/**
 * Items of the list `dependencies` of an environment, those in lists inside it (`- pip:`) among them. Only block lists
 * of plain or quoted texts are read, as conda itself writes them: such a file needs no more of YAML, and what could
 * read all of YAML would have to be trusted with all of it.
 */
export function readDependencies(text: string): ListItem[] {
  const items: ListItem[] = [];
  let isInside = false;
  let line = 0;
  for (let start = 0; start < text.length && line < MAX_LINES;) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const row = text.slice(start, Math.min(end, start + MAX_ITEM_CHARS)).trimEnd();
    start = end + 1;
    line++;
    const content = row.trimStart();
    if (content === '' || content.startsWith('#')) continue;
    const isItem = content.startsWith('- ');
    if (content === row && !isItem) isInside = isKey(row, 'dependencies');
    else if (isInside && isItem) {
      const item = itemIn(content.slice(2).trim());
      if (item !== undefined) items.push({ text: item, line });
    }
  }
  return items;
}

function isKey(row: string, key: string): boolean {
  if (!row.startsWith(key)) return false;
  const rest = row.slice(key.length).trimStart();
  return rest.startsWith(':') && withoutComment(rest.slice(1)) === '';
}

/** The text of an item; none for a key (`pip:`) or for YAML of another kind. */
function itemIn(content: string): string | undefined {
  const quote = content.charAt(0);
  if (quote === '"' || quote === "'") {
    const end = content.indexOf(quote, 1);
    return end < 0 ? undefined : content.slice(1, end);
  }
  const text = withoutComment(content);
  return text === '' || text.endsWith(':') || /^[[\]{}&*!|>%@`-]/.test(text) ? undefined : text;
}

function withoutComment(text: string): string {
  if (text.startsWith('#')) return '';
  const comment = text.indexOf(' #');
  return (comment < 0 ? text : text.slice(0, comment)).trim();
}
