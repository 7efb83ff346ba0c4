import { inksOf, linked, type Ink } from './paint.ts';
import type { Row, TableStyle } from './row.ts';
import { cutTo, padTo, widthOf, wrapTo } from './terminal-text.ts';

const HEADS = ['Package', 'Installed', 'Vulnerability', 'Severity', 'Fixed in', 'Title'] as const;
/** Columns that give way when there is no room, and how narrow they may become. */
const LEAST = [12, 12, 14, 8, 12, 20];
const MOST = [40, 36, 24, 8, 36, 80];
/** Where lines may be of any length each name stands on one, so that tools find it. */
const MOST_UNLIMITED = [200, 200, 200, 8, 200, 80];
const MAX_TITLE_LINES = 3;
const MAX_NAME_LINES = 6;

interface Cell {
  readonly lines: readonly string[];
  readonly inks: readonly Ink[];
  readonly url?: string;
}

/** A table with lines, one package's findings under one name. */
export function* grid(rows: readonly Row[], style: TableStyle): Generator<string> {
  const widths = columnWidths(rows, style.width);
  const dashes = widths.map((width) => '─'.repeat(width + 2));
  const blanks = widths.map((width) => ' '.repeat(width + 2));
  const rule = (left: string, cross: string, right: string): string =>
    `${style.paint(left + dashes.join(cross) + right, 'dim')}\n`;
  // Between findings of one package its name and version stand free.
  const inner = `${style.paint(`│${blanks.slice(0, 2).join('│')}├${dashes.slice(2).join('┼')}┤`, 'dim')}\n`;
  yield rule('┌', '┬', '┐');
  yield line(
    HEADS.map((head) => ({ lines: [head], inks: ['bold'] })),
    widths,
    0,
    style,
  );
  let previous: Row | undefined;
  for (const row of rows) {
    const isSame = previous?.name === row.name && previous.installed === row.installed;
    yield isSame ? inner : rule('├', '┼', '┤');
    const cells = cellsOf(row, widths, isSame, style.isLinking);
    const height = Math.max(...cells.map((cell) => cell.lines.length));
    for (let index = 0; index < height; index++) yield line(cells, widths, index, style);
    previous = row;
  }
  yield rule('└', '┴', '┘');
}

function cellsOf(row: Row, widths: readonly number[], isSame: boolean, isLinking: boolean): Cell[] {
  const fit = (text: string, column: number): string[] => wrapLong(text, widths[column] ?? 0);
  const title = row.title === '' ? [] : wrapTo(row.title, widths[5] ?? 0, MAX_TITLE_LINES);
  // Where the id is a link, its address is not written out.
  const url = row.url === undefined || isLinking ? [] : fit(row.url, 5);
  return [
    { lines: isSame ? [] : fit(row.name, 0), inks: ['bold'] },
    { lines: isSame ? [] : fit(row.installed, 1), inks: [] },
    { lines: fit(row.id, 2), inks: inksOf(row.severity), ...(row.url && { url: row.url }) },
    { lines: [row.severity], inks: inksOf(row.severity) },
    { lines: fit(row.remedy, 4), inks: row.isFixed ? ['green'] : ['dim'] },
    { lines: [...title, ...url], inks: [] },
  ];
}

/** Names, versions and addresses have no spaces to break at: they go on in the next line. */
function wrapLong(text: string, columns: number): string[] {
  if (text !== '' && widthOf(text) <= columns) return [text];
  const lines: string[] = [];
  for (let rest = text; rest !== '';) {
    const part = startOf(rest, columns);
    const isEnough = part === '' || lines.length === MAX_NAME_LINES - 1;
    if (isEnough) return [...lines, cutTo(rest, columns)];
    lines.push(part);
    rest = rest.slice(part.length);
  }
  return lines;
}

/** As many characters as so many columns hold. */
function startOf(text: string, columns: number): string {
  let [length, width] = [0, 0];
  for (const char of text) {
    width += widthOf(char);
    if (width > columns) break;
    length += char.length;
  }
  return text.slice(0, length);
}

function line(cells: readonly Cell[], widths: readonly number[], index: number, style: TableStyle): string {
  const bar = style.paint('│', 'dim');
  const texts = cells.map(({ lines, inks, url }, column) => {
    const text = lines[index] ?? '';
    const painted = style.paint(text, ...(text === '' ? [] : inks));
    const filling = padTo(text, widths[column] ?? 0).slice(text.length);
    return ` ${linked(painted, text === '' ? undefined : url, style.isLinking)}${filling} `;
  });
  return `${bar}${texts.join(bar)}${bar}\n`;
}

function columnWidths(rows: readonly Row[], width: number): number[] {
  const texts = (row: Row): string[] => [
    row.name,
    row.installed,
    row.id,
    row.severity,
    row.remedy,
    row.title || (row.url ?? ''),
  ];
  const most = width === Infinity ? MOST_UNLIMITED : MOST;
  const natural = HEADS.map((head, column) => {
    const longest = rows.reduce(
      (widest, row) => Math.max(widest, widthOf(texts(row)[column] ?? '')),
      widthOf(head),
    );
    return Math.min(longest, most[column] ?? longest);
  });
  let excess = natural.reduce((sum, w) => sum + w + 3, 1) - width;
  const widths = [...natural];
  // The title gives way first, then the widest of the others.
  while (excess > 0) {
    const column = widestToShrink(widths);
    if (column === undefined) break;
    widths[column] = (widths[column] ?? 1) - 1;
    excess--;
  }
  return widths;
}

function widestToShrink(widths: readonly number[]): number | undefined {
  if ((widths[5] ?? 0) > (LEAST[5] ?? 0)) return 5;
  const open = widths.map((w, column) => ({ w, column })).filter(({ w, column }) => w > (LEAST[column] ?? 0));
  return open.sort((a, b) => b.w - a.w)[0]?.column;
}
