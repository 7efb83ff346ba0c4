import { inksOf, linked } from './paint.ts';
import type { Row, TableStyle } from './row.ts';
import { cutTo } from './terminal-text.ts';

/** For narrow terminals: a paragraph a package, no lines. */
export function* listing(rows: readonly Row[], { paint, isLinking, width }: TableStyle): Generator<string> {
  let previous: Row | undefined;
  for (const row of rows) {
    if (previous?.name !== row.name || previous.installed !== row.installed) {
      yield `${previous ? '\n' : ''}${paint(row.name, 'bold')} ${row.installed}\n`;
    }
    const severity = paint(row.severity, ...inksOf(row.severity));
    const remedy = row.isFixed ? paint(`→ ${row.remedy}`, 'green') : paint(row.remedy, 'dim');
    yield `  ${severity} ${linked(row.id, row.url, isLinking)} ${remedy}\n`;
    if (row.title !== '') yield `    ${cutTo(row.title, Math.max(10, width - 4))}\n`;
    previous = row;
  }
}
