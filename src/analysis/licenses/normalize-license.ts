import {
  formatLicenseExpression,
  licenseNamed,
  licensesIn,
  parseLicenseExpression,
  type LicenseExpression,
} from './license-expression.ts';
import { findLicense } from './license-names.ts';
import { licenseNameOfUrl } from './license-url.ts';

/** What is longer is a text and no name. */
const MAX_NAME_CHARS = 1000;
const MAX_SHOWN_CHARS = 100;
const MAX_UNKNOWN_WORDS = 12;

/**
 * What is written about licences in package metadata, as an expression; undefined when no licence is recognised in it.
 * Takes SPDX expressions, names in use, addresses, classifiers of Python and short names of Debian and rpm.
 */
export function readLicense(text: string): LicenseExpression | undefined {
  const trimmed = unquoted(text.trim());
  if (trimmed === '' || trimmed.length > MAX_NAME_CHARS) return undefined;
  const name = licenseNameOfUrl(trimmed) ?? lastOfClassifier(trimmed);
  // Names in words hold `and`, `or` and commas.
  if (findLicense(name) !== undefined) return licenseNamed(name);
  const expression = parseLicenseExpression(name);
  return expression && isWorthMoreThanText(expression) ? expression : undefined;
}

/**
 * The SPDX id or expression that a text means, in one spelling for all that mean the same; what means none stays as it
 * is, on one line and not too long.
 */
export function normalizeLicense(text: string): string {
  const expression = readLicense(text);
  if (expression) return formatLicenseExpression(expression);
  const line = text
    .slice(0, 4 * MAX_NAME_CHARS)
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length <= MAX_SHOWN_CHARS ? line : `${line.slice(0, MAX_SHOWN_CHARS - 1)}…`;
}

function isWorthMoreThanText(expression: LicenseExpression): boolean {
  if (expression.kind === 'license') return expression.isKnown;
  if (!hasKnown(expression)) return false;
  return licensesIn(expression).every((name) => name.split('-').length <= MAX_UNKNOWN_WORDS);
}

function hasKnown(expression: LicenseExpression): boolean {
  return expression.kind === 'license' ? expression.isKnown : expression.operands.some(hasKnown);
}

/** `License :: OSI Approved :: MIT License`. */
function lastOfClassifier(text: string): string {
  return /^license\s*::/i.test(text) ? text.slice(text.lastIndexOf('::') + 2).trim() : text;
}

function unquoted(text: string): string {
  const first = text[0];
  const isQuoted =
    text.length > 2 && (first === '"' || first === "'" || first === '`') && text.endsWith(first);
  return isQuoted ? text.slice(1, -1).trim() : text;
}
