import type { Severity } from '../../model/advisory.ts';

export type Ink = 'bold' | 'dim' | 'red' | 'yellow' | 'blue' | 'cyan' | 'magenta' | 'green';

/** Colours text, or leaves it as it is. Widths are reckoned before, so that colour never counts. */
export type Paint = (text: string, ...inks: readonly Ink[]) => string;

const CODES: Readonly<Record<Ink, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export function painter(isColored: boolean): Paint {
  if (!isColored) return (text) => text;
  return (text, ...inks) =>
    inks.length === 0 ? text : `\u001b[${inks.map((ink) => CODES[ink]).join(';')}m${text}\u001b[0m`;
}

const SEVERITY_INKS: Readonly<Record<Severity, readonly Ink[]>> = {
  CRITICAL: ['bold', 'red'],
  HIGH: ['red'],
  MEDIUM: ['yellow'],
  LOW: ['blue'],
  UNKNOWN: ['dim'],
};

export function inksOf(severity: Severity): readonly Ink[] {
  return SEVERITY_INKS[severity];
}

/** A link on terminals that know them, else the text alone; only to the web, as addresses come from databases. @see OSC 8 */
export function linked(text: string, url: string | undefined, isLinking: boolean): string {
  return isLinking && url && /^https?:\/\//.test(url)
    ? `\u001b]8;;${url}\u001b\\${text}\u001b]8;;\u001b\\`
    : text;
}
