import { parse } from 'smol-toml';
import type { LineRange } from './json-lines.ts';
import type { JsonRecord } from './json-record.ts';

/** Tables of lock files lie three deep. */
const MAX_DEPTH = 32;

/** What a TOML text holds; undefined for text that is no TOML. */
export function parseToml(text: string): JsonRecord | undefined {
  try {
    return parse(text, { maxDepth: MAX_DEPTH, integersAsBigInt: 'asNeeded' });
  } catch {
    return undefined; // the parser's word is long and quotes the file
  }
}

/**
 * Where each table of an array of tables (`[[package]]`) stands, in order: from its header to its last line that says
 * something, tables inside it among them.
 *
 * @param text must be TOML that has been parsed
 */
export function linesOfTables(text: string, name: string): LineRange[] {
  const header = `[[${name}]]`;
  const inside = `[${name}.`;
  const insideList = `[[${name}.`;
  const found: LineRange[] = [];
  let startLine = 0;
  let endLine = 0;
  let line = 0;
  const finish = (): void => {
    if (startLine > 0) found.push({ startLine, endLine });
    startLine = 0;
  };
  for (const raw of text.split('\n')) {
    line++;
    const row = raw.trim();
    if (row === '' || row.startsWith('#')) continue;
    if (row.startsWith(header)) {
      finish();
      startLine = line;
    } else if (
      /^\[\[?[\w"]/.test(row) &&
      !row.startsWith(inside) &&
      !row.startsWith(insideList) &&
      isHeader(row)
    )
      finish();
    endLine = line;
  }
  finish();
  return found;
}

/** And not the element of a list over several lines. */
function isHeader(row: string): boolean {
  return /^\[\[?[\w."-]+\]\]?\s*(?:#|$)/.test(row);
}
