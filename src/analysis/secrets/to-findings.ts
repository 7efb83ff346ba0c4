import type { CodeLine, SecretFinding } from '../../model/finding.ts';
import { lineTable, type LineTable } from './line-table.ts';
import type { Located, LocatedSecret } from './locate.ts';
import { maskOf, type Mask } from './mask.ts';

export type MaskedSecret = Omit<SecretFinding, 'kind' | 'path' | 'layer' | 'isDeleted'>;

export const MAX_FINDINGS_PER_FILE = 100;
const LINES_AROUND = 2;
/** A private key is dozens of lines of stars. */
const MAX_CODE_LINES = 12;
const LONG_LINE = 100;
const SHOWN_BEFORE = 30;
const SHOWN_BEHIND = 20;

/** What is told of the secrets of a file, in order of their places; nothing of the secrets themselves. */
export function toFindings({ secrets, isCut }: Located, content: Buffer): readonly MaskedSecret[] {
  const lines = lineTable(content);
  const mask = maskOf(content, secrets);
  const findings = new Map<string, MaskedSecret>();
  const ordered = secrets.toSorted(
    (a, b) => a.start - b.start || a.end - b.end || (a.rule.id < b.rule.id ? -1 : 1),
  );
  for (const secret of ordered) {
    const startLine = lines.numberAt(secret.start);
    const endLine = lines.numberAt(secret.end);
    const key = `${startLine}\0${endLine}\0${secret.rule.id}`;
    if (findings.has(key)) continue;
    if (findings.size >= MAX_FINDINGS_PER_FILE) break;
    const { id, category, title, severity } = secret.rule;
    const match = isCut ? '*'.repeat(8) : revealCause(secret, startLine, lines, mask);
    // Where not everything secret is known, nothing around can be shown.
    const code = isCut ? [] : codeAround(secret, startLine, endLine, lines, mask);
    findings.set(key, { ruleId: id, category, title, severity, startLine, endLine, match, code });
  }
  return [...findings.values()];
}

/** The line on which a secret begins; of a long line, its surroundings. */
function revealCause(secret: LocatedSecret, line: number, lines: LineTable, mask: Mask): string {
  const [start, end] = lines.bounds(line);
  if (end - start <= LONG_LINE) return mask.reveal(start, end);
  return mask.reveal(Math.max(start, secret.start - SHOWN_BEFORE), Math.min(end, secret.end + SHOWN_BEHIND));
}

function codeAround(
  secret: LocatedSecret,
  startLine: number,
  endLine: number,
  lines: LineTable,
  mask: Mask,
): readonly CodeLine[] {
  const last = Math.min(lines.count, endLine + LINES_AROUND);
  const code: CodeLine[] = [];
  for (let number = Math.max(1, startLine - LINES_AROUND); number <= last; number++) {
    const isCause = number >= startLine && number <= endLine;
    const text =
      number === startLine ? revealCause(secret, number, lines, mask) : mask.reveal(...lines.bounds(number));
    code.push({ number, text, isCause });
    if (code.length >= MAX_CODE_LINES) break;
  }
  return code;
}
