import type { VersionScheme } from './scheme.ts';

/** `upstream` and `revision` hold one character per byte; an absent revision is empty, which equals `0`. */
export interface DebVersion {
  readonly epoch: number;
  readonly upstream: string;
  readonly revision: string;
}

/**
 * Versions of Debian packages, ordered as `dpkg --compare-versions` orders them.
 * What dpkg only warns of (an upstream version that starts with a letter, odd characters) is a version here too;
 * what it refuses is none.
 * @see deb-version(7)
 */
export const deb: VersionScheme<DebVersion> = { id: 'deb', parse: parseDeb, compare: compareDeb };

const MAX_EPOCH = 2_147_483_647;
const REFUSED = /[ \t\0]/;
const NOT_ASCII = /[^\0-\x7f]/;

function parseDeb(text: string): DebVersion | undefined {
  const whole = toBytes(trimBlanks(text));
  if (REFUSED.test(whole)) return undefined;
  const colon = whole.indexOf(':');
  const epoch = colon < 0 ? 0 : parseEpoch(whole.slice(0, colon));
  if (epoch === undefined) return undefined;
  const rest = whole.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  if (hyphen < 0) return rest === '' ? undefined : { epoch, upstream: rest, revision: '' };
  const upstream = rest.slice(0, hyphen);
  const revision = rest.slice(hyphen + 1);
  return upstream === '' || revision === '' ? undefined : { epoch, upstream, revision };
}

function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** dpkg compares bytes, so a character outside ASCII counts as those of its UTF-8. */
function toBytes(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** As strtol reads it: white space and a sign may lead, and then only digits. */
function parseEpoch(text: string): number | undefined {
  if (!/^[\n\v\f\r]*[+-]?[0-9]+$/.test(text)) return undefined;
  const epoch = Number(text.trim());
  if (epoch < 0 || epoch > MAX_EPOCH) return undefined;
  return Math.abs(epoch); // `-0` is an epoch for dpkg, and plain zero for us
}

function compareDeb(a: DebVersion, b: DebVersion): number {
  return a.epoch - b.epoch || comparePart(a.upstream, b.upstream) || comparePart(a.revision, b.revision);
}

/** Runs of other characters and runs of digits in turn; a missing run is empty, or zero. */
function comparePart(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a.charCodeAt(i))) || (j < b.length && !isDigit(b.charCodeAt(j)))) {
      const difference = weight(a.charCodeAt(i)) - weight(b.charCodeAt(j));
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    while (a.charCodeAt(i) === 0x30) i++;
    while (b.charCodeAt(j) === 0x30) j++;
    let first = 0;
    while (isDigit(a.charCodeAt(i)) && isDigit(b.charCodeAt(j))) {
      if (first === 0) first = a.charCodeAt(i) - b.charCodeAt(j);
      i++;
      j++;
    }
    if (isDigit(a.charCodeAt(i))) return 1;
    if (isDigit(b.charCodeAt(j))) return -1;
    if (first !== 0) return first;
  }
  return 0;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** `~` before the end, the end (NaN here) and digits as equals, then letters, then all else. */
function weight(code: number): number {
  if (code === 0x7e) return -1;
  if (Number.isNaN(code) || isDigit(code)) return 0;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  // Bytes above 127 are negative in dpkg where `char` is signed (amd64), which puts them between the two groups.
  return isLetter || code > 0x7f ? code : code + 256;
}
