import type { Finding } from '../../model/finding.ts';
import { jsonPieces } from '../json-pieces.ts';
import { painter, inksOf } from '../table/paint.ts';
import { cutTo, printable } from '../table/terminal-text.ts';
import type { ReportDiff } from './compare-reports.ts';
import { lineOf } from './finding-line.ts';

/** A way to tell what has changed. */
export interface DiffFormat {
  readonly id: string;
  encode(diff: ReportDiff, parameters: Readonly<Record<string, string>>): Iterable<string>;
}

const MAX_COLUMNS = 400;

const table: DiffFormat = {
  id: 'table',
  *encode(diff, parameters) {
    const paint = painter(parameters['color'] === 'always');
    const width = Number(parameters['width']) || MAX_COLUMNS;
    yield `${paint(printable(`${diff.before.image.name} → ${diff.after.image.name}`), 'bold')}\n`;
    yield `${diff.added.length} new, ${diff.fixed.length} gone, ${diff.unchanged.length} unchanged\n`;
    const sections = [
      ['New', '+', diff.added],
      ['Gone', '-', diff.fixed],
    ] as const;
    for (const [title, mark, findings] of sections) {
      if (findings.length === 0) continue;
      yield `\n${paint(title, 'bold')}\n`;
      for (const { severity, id, subject, fix, title: about } of findings.map(lineOf)) {
        const rest = printable(` ${id} ${subject}${fix && ` → ${fix}`}${about && `  ${about}`}`);
        yield `  ${mark} ${paint(severity, ...inksOf(severity))}${cutTo(rest, Math.max(40, width - 4 - severity.length))}\n`;
      }
    }
  },
};

const json: DiffFormat = {
  id: 'json',
  *encode({ before, after, added, fixed, unchanged }) {
    const side = ({ image, scannedAt }: ReportDiff['before']): unknown => ({
      Name: image.name,
      Digest: image.digest,
      ScannedAt: scannedAt,
    });
    const list = (findings: readonly Finding[]): unknown =>
      findings.map((finding) => {
        const { severity, id, subject, fix, title } = lineOf(finding);
        return {
          ...{ Kind: finding.kind, ID: id, Subject: subject, Severity: severity },
          ...{ FixedVersion: fix || undefined, Title: title || undefined },
        };
      });
    yield* jsonPieces({
      ...{ SchemaVersion: 1, Before: side(before), After: side(after) },
      ...{ New: list(added), Fixed: list(fixed), Unchanged: list(unchanged) },
    });
    yield '\n';
  },
};

/** For a comment on a change. */
const markdown: DiffFormat = {
  id: 'markdown',
  *encode(diff) {
    yield `**${diff.added.length} new**, ${diff.fixed.length} gone, ${diff.unchanged.length} unchanged `;
    yield `(${cell(diff.before.image.name)} → ${cell(diff.after.image.name)})\n`;
    const sections = [
      ['New', diff.added],
      ['Gone', diff.fixed],
    ] as const;
    for (const [title, findings] of sections) {
      if (findings.length === 0) continue;
      yield `\n<details${title === 'New' ? ' open' : ''}><summary>${title}: ${findings.length}</summary>\n\n`;
      yield '| Severity | Id | Where | Fixed in | |\n| --- | --- | --- | --- | --- |\n';
      for (const { severity, id, subject, fix, title: about } of findings.map(lineOf))
        yield `| ${severity} | ${cell(id)} | ${cell(subject)} | ${cell(fix)} | ${cell(about)} |\n`;
      yield '\n</details>\n';
    }
  },
};

/** Nothing of what an image says may become a link, a mention or a table's end. */
function cell(text: string): string {
  return printable(text.slice(0, 300)).replace(
    /[\\`*_{}[\]()<>#|!~@&]/g,
    (char) => `&#${char.charCodeAt(0)};`,
  );
}

export const diffFormats: readonly DiffFormat[] = [table, json, markdown];
