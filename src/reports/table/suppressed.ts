import type { Report } from '../../model/report.ts';
import { lineOf } from '../diff/finding-line.ts';
import type { TableStyle } from './row.ts';
import { cutTo, printable } from './terminal-text.ts';

const MAX_COLUMNS = 400;

/** What somebody has spoken for, and why. */
export function* suppressedLines(
  { suppressed = [] }: Report,
  { paint, width }: TableStyle,
): Generator<string> {
  if (suppressed.length === 0) return;
  const columns = Math.min(Math.max(40, width), MAX_COLUMNS);
  yield `\n${paint(`Left out: ${suppressed.length}`, 'bold')}\n\n`;
  for (const { finding, status, statement, justification, source } of suppressed) {
    const { severity, id, subject } = lineOf(finding);
    const why = [status.replaceAll('_', ' '), justification?.replaceAll('_', ' '), statement];
    const text = `${severity} ${id} ${subject}: ${why.filter(Boolean).join(', ')} (${source})`;
    yield `  ${cutTo(printable(text), columns - 2)}\n`;
  }
}
