import { findException, findLicense } from './license-names.ts';
import { tokenise, type Token } from './license-tokens.ts';

/** A licence, or how several stand to one another. Operands of `and` and `or` are two or more, none of the same kind. */
export type LicenseExpression =
  | { readonly kind: 'license'; readonly id: string; readonly isKnown: boolean; readonly exception?: string }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly LicenseExpression[] };

const MAX_CHARS = 4096;
const MAX_TOKENS = 1000;
const MAX_DEPTH = 50;

/** Reads tokens from the left; each rule leaves the place behind what it has read. */
interface Reading {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

/**
 * Reads an expression of licences, be it SPDX's or one of those in use before (`GPLv2+ and MIT`, `MIT/Apache-2.0`).
 * Names are brought to SPDX ids; those that stand for none keep their words, joined by hyphens. Undefined for a text
 * that is no expression.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function parseLicenseExpression(text: string): LicenseExpression | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const tokens = tokenise(text);
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) return undefined;
  const reading: Reading = { tokens, at: 0, depth: 0 };
  const found = list(reading);
  return reading.at === tokens.length ? found : undefined;
}

/** With as few parentheses as its meaning needs. */
export function formatLicenseExpression(expression: LicenseExpression): string {
  if (expression.kind === 'license') {
    return expression.exception === undefined
      ? expression.id
      : `${expression.id} WITH ${expression.exception}`;
  }
  const operands = expression.operands.map((operand) => {
    const text = formatLicenseExpression(operand);
    return expression.kind === 'and' && operand.kind === 'or' ? `(${text})` : text;
  });
  return operands.join(expression.kind === 'and' ? ' AND ' : ' OR ');
}

/** All licences in it, each once. */
export function licensesIn(expression: LicenseExpression): string[] {
  if (expression.kind === 'license') return [formatLicenseExpression(expression)];
  return [...new Set(expression.operands.flatMap(licensesIn))];
}

/** A comma, as Debian writes it, binds less than the words; one without a word behind it means `and`. */
function list(reading: Reading): LicenseExpression | undefined {
  let left = alternatives(reading);
  while (left && reading.tokens[reading.at]?.kind === 'comma') {
    reading.at++;
    const kind = takeOperator(reading, 'and') ?? takeOperator(reading, 'or') ?? 'and';
    const right = alternatives(reading);
    if (!right) return undefined;
    left = join(kind, [left, right]);
  }
  return left;
}

function alternatives(reading: Reading): LicenseExpression | undefined {
  return chain(reading, 'or', () => chain(reading, 'and', () => operand(reading)));
}

function chain(
  reading: Reading,
  kind: 'and' | 'or',
  next: () => LicenseExpression | undefined,
): LicenseExpression | undefined {
  const operands: LicenseExpression[] = [];
  do {
    const found = next();
    if (!found) return undefined;
    operands.push(found);
  } while (takeOperator(reading, kind));
  return join(kind, operands);
}

function takeOperator(reading: Reading, kind: 'and' | 'or'): 'and' | 'or' | undefined {
  if (reading.tokens[reading.at]?.kind !== kind) return undefined;
  reading.at++;
  return kind;
}

function operand(reading: Reading): LicenseExpression | undefined {
  const token = reading.tokens[reading.at++];
  if (token?.kind === 'name') return licenseNamed(token.text, exceptionAfter(reading));
  if (token?.kind !== 'open' || reading.depth === MAX_DEPTH) return undefined;
  reading.depth++;
  const inner = list(reading);
  reading.depth--;
  return reading.tokens[reading.at++]?.kind === 'close' ? inner : undefined;
}

function exceptionAfter(reading: Reading): string | undefined {
  const name = reading.tokens[reading.at + 1];
  if (reading.tokens[reading.at]?.kind !== 'with' || name?.kind !== 'name') return undefined;
  reading.at += 2;
  return name.text;
}

/** The licence of a name, which a few names give an expression for. */
export function licenseNamed(name: string, exception?: string): LicenseExpression {
  const whole = exception === undefined ? undefined : findLicense(`${name} with ${exception}`);
  const id = whole ?? findLicense(name);
  const [before, after] = id?.split(' OR ') ?? [];
  if (before !== undefined && after !== undefined && exception === undefined) {
    return join('or', [known(before), known(after)]);
  }
  const license = id === undefined ? { ...known(toWord(name)), isKnown: false } : known(id);
  if (exception === undefined || whole !== undefined) return withoutDeprecated(license);
  return { ...license, exception: findException(exception, license.id) ?? toWord(exception) };
}

function known(id: string): LicenseExpression & { kind: 'license' } {
  return { kind: 'license', id, isKnown: true };
}

/** Ids of the list that name licence and exception in one, given up for expressions. */
function withoutDeprecated(license: LicenseExpression & { kind: 'license' }): LicenseExpression {
  const [id, exception] = license.id.split('-with-');
  if (id === undefined || exception === undefined) return license;
  const base = findLicense(id);
  const found = findException(exception, id);
  return base !== undefined && found !== undefined ? { ...known(base), exception: found } : license;
}

/** Words that stand for no licence, as one that an expression can hold. */
function toWord(text: string): string {
  const word = text
    .replaceAll(/[^A-Za-z0-9.+-]+/g, '-')
    .split('-')
    .filter((part) => part !== '')
    .join('-');
  return word === '' ? 'unknown' : word;
}

/** Operands of the same kind are taken in, and each stands once. */
function join(kind: 'and' | 'or', operands: readonly LicenseExpression[]): LicenseExpression {
  const flat = operands.flatMap((operand) => (operand.kind === kind ? operand.operands : [operand]));
  const single = new Map(flat.map((operand) => [formatLicenseExpression(operand), operand]));
  const [first, ...others] = single.values();
  if (first === undefined) throw new RangeError('an expression needs an operand');
  return others.length === 0 ? first : { kind, operands: [first, ...others] };
}
