import type { VersionScheme } from './scheme.ts';

export interface RpmVersion {
  readonly epoch: number;
  readonly version: string;
  /** Undefined where none was given. */
  readonly release: string | undefined;
}

/**
 * Versions of rpm packages, `[epoch:]version[-release]`, ordered as rpm orders them.
 * A version without release equals every release of it only where rpm itself has it so (dependencies); here, as in
 * rpm's own comparison of headers, an absent release is below any other.
 * @see rpm-version(7); rpmio/rpmvercmp.c
 */
export const rpm: VersionScheme<RpmVersion> = { id: 'rpm', parse: parseRpm, compare: compareRpm };

const MAX_LENGTH = 1024;

function parseRpm(text: string): RpmVersion | undefined {
  const whole = text.trim();
  if (whole === '' || whole.length > MAX_LENGTH || /\s/.test(whole)) return undefined;
  const colon = whole.indexOf(':');
  const epochText = colon < 0 ? '0' : whole.slice(0, colon);
  if (!/^\d{0,10}$/.test(epochText)) return undefined;
  const rest = whole.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  const version = hyphen < 0 ? rest : rest.slice(0, hyphen);
  if (version === '') return undefined;
  return { epoch: Number(epochText), version, release: hyphen < 0 ? undefined : rest.slice(hyphen + 1) };
}

function compareRpm(a: RpmVersion, b: RpmVersion): number {
  return a.epoch - b.epoch || compareSegments(a.version, b.version) || compareReleases(a.release, b.release);
}

function compareReleases(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareSegments(a, b);
}

/** rpmvercmp: runs of digits and runs of letters in turn, all else only parts them. */
export function compareSegments(a: string, b: string): number {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && isSeparator(a.charCodeAt(i))) i++;
    while (j < b.length && isSeparator(b.charCodeAt(j))) j++;
    const x = a[i];
    const y = b[j];
    if (x === '~' || y === '~') {
      if (x !== '~') return 1;
      if (y !== '~') return -1;
      i++;
      j++;
      continue;
    }
    if (x === '^' || y === '^') {
      if (x === undefined) return -1;
      if (y === undefined) return 1;
      if (x !== '^') return 1;
      if (y !== '^') return -1;
      i++;
      j++;
      continue;
    }
    if (x === undefined || y === undefined) return Number(x !== undefined) - Number(y !== undefined);
    const isNumber = isDigit(x.charCodeAt(0));
    const end = isNumber ? endOfDigits : endOfLetters;
    const nextI = end(a, i);
    const nextJ = end(b, j);
    // Segments of different kinds: numbers are newer than letters.
    if (nextJ === j) return isNumber ? 1 : -1;
    const order = isNumber
      ? compareDigits(a, i, nextI, b, j, nextJ)
      : compareLetters(a.slice(i, nextI), b.slice(j, nextJ));
    if (order !== 0) return order;
    i = nextI;
    j = nextJ;
  }
}

function compareDigits(a: string, i: number, endI: number, b: string, j: number, endJ: number): number {
  while (i < endI && a.charCodeAt(i) === 0x30) i++;
  while (j < endJ && b.charCodeAt(j) === 0x30) j++;
  return endI - i - (endJ - j) || compareLetters(a.slice(i, endI), b.slice(j, endJ));
}

function compareLetters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function endOfDigits(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end++;
  return end;
}

function endOfLetters(text: string, from: number): number {
  let end = from;
  while (end < text.length && isLetter(text.charCodeAt(end))) end++;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function isSeparator(code: number): boolean {
  return !isDigit(code) && !isLetter(code) && code !== 0x7e && code !== 0x5e;
}
