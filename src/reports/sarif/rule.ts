import type { Severity } from '../../model/advisory.ts';
import type { FindingRow } from '../finding-row.ts';
import { codeSpan, linkTo } from '../markdown/text.ts';
import { cut } from '../plain-text.ts';
import { severityRank } from '../severities.ts';
import { messageLines, messageText } from './message.ts';

/** Longer texts are refused by code scanning. */
const MAX_CHARS = 1000;
const MAX_TAGS = 20;
const MAX_ID_CHARS = 255;

export const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  CRITICAL: 'error',
  HIGH: 'error',
  MEDIUM: 'warning',
  LOW: 'note',
  UNKNOWN: 'note',
};

/** Where no score is known. Code scanning reads the severity out of them. */
const SCORES: Readonly<Record<Severity, number>> = {
  CRITICAL: 9.5,
  HIGH: 8,
  MEDIUM: 5.5,
  LOW: 2,
  UNKNOWN: 0,
};

export function ruleId(row: FindingRow): string {
  return cut(row.kind === 'license' ? `license:${row.id}` : row.id, MAX_ID_CHARS);
}

export interface Rules {
  readonly rules: readonly unknown[];
  readonly indexOf: (row: FindingRow) => number;
}

/** A rule for each id, by its worst finding, in order of first mention. */
export function openRules(rows: readonly FindingRow[]): Rules {
  const worst = new Map<string, FindingRow>();
  for (const row of rows) {
    const known = worst.get(keyOf(row));
    if (!known || isWorse(row, known)) worst.set(keyOf(row), row);
  }
  const indexes = new Map([...worst.keys()].map((key, index) => [key, index]));
  return {
    rules: [...worst.values()].map(toRule),
    indexOf: (row) => indexes.get(keyOf(row)) ?? 0,
  };
}

function keyOf(row: FindingRow): string {
  return `${row.kind} ${ruleId(row)}`;
}

function isWorse(a: FindingRow, b: FindingRow): boolean {
  const rank = severityRank(a.severity) - severityRank(b.severity);
  return rank < 0 || (rank === 0 && scoreOf(a) > scoreOf(b));
}

function scoreOf({ severity, cvssScore }: FindingRow): number {
  return cvssScore ?? SCORES[severity];
}

function toRule(row: FindingRow): unknown {
  const id = ruleId(row);
  const title = row.title === '' ? row.id : row.title;
  return {
    id,
    name: nameOf(row),
    shortDescription: { text: messageText(title, MAX_CHARS) },
    fullDescription: { text: messageLines(row.description === '' ? title : row.description, MAX_CHARS) },
    defaultConfiguration: { level: LEVELS[row.severity] },
    helpUri: row.links[0],
    help: helpOf(row),
    properties: {
      precision: 'very-high',
      'security-severity': scoreOf(row).toFixed(1),
      tags: tagsOf(row),
      cvssVector: row.cvssVector === '' ? undefined : row.cvssVector,
      epss: row.epss,
      knownExploited: row.isExploited || undefined,
    },
  };
}

function nameOf({ kind, class: group }: FindingRow): string {
  switch (kind) {
    case 'vulnerability':
      return group === 'os-pkgs' ? 'OsPackageVulnerability' : 'LanguageSpecificPackageVulnerability';
    case 'misconfiguration':
      return 'Misconfiguration';
    case 'secret':
      return 'Secret';
    case 'license':
      return 'License';
  }
}

/** Of a weakness in the form in which code scanning shows it. */
function tagsOf({ kind, severity, isExploited, cwes }: FindingRow): string[] {
  const weaknesses = cwes.flatMap((cwe) => /^CWE-([0-9]{1,9})$/.exec(cwe)?.[1] ?? []);
  return [
    kind,
    'security',
    severity,
    ...(isExploited ? ['known-exploited'] : []),
    ...[...new Set(weaknesses)].map((number) => `external/cwe/cwe-${number}`),
  ].slice(0, MAX_TAGS);
}

function helpOf(row: FindingRow): unknown {
  const facts = [
    ['Severity', row.severity],
    ['Exploited', row.isExploited ? 'known to be' : ''],
    ['CVSS', row.cvssVector],
    ['EPSS', row.epss === undefined ? '' : `${(row.epss * 100).toFixed(2)} %`],
    ['Remedy', row.kind === 'vulnerability' ? '' : row.remedy],
  ].filter((fact): fact is [string, string] => fact[1] !== '');
  const [link] = row.links;
  const text = facts.map(([name, value]) => `${name}: ${value}`);
  const rows = facts.map(([name, value]) => `| ${name} | ${codeSpan(value, 300)} |`);
  return {
    text: messageLines([row.id, ...text, ...(link === undefined ? [] : [link])].join('\n'), MAX_CHARS),
    markdown: [
      `**${linkTo(row.id)}**`,
      '',
      ...(rows.length > 0 ? ['| | |', '| --- | --- |', ...rows] : []),
      ...(row.description === '' ? [] : ['', codeSpan(row.description, MAX_CHARS)]),
    ].join('\n'),
  };
}
