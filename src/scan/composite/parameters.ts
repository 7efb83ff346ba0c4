import { alternatives, parseGlob } from '../../base/glob.ts';
import { ALL_CHECKS, FILESYSTEM_CHECKS } from '../../reports/harbor/filesystem-report.ts';
import { ScannerFailure, type ScanParameters } from '../scanners/scanner.ts';
import type { ReportSubject } from './scan-types.ts';

/** A parameter's value, as far as it was of a sound form. */
type Value = string | number | boolean | readonly string[];

interface Parameter {
  /** The value in its one spelling; undefined: it is none. */
  readonly read: (given: unknown) => Value | undefined;
  /** What may be given, for people. */
  readonly takes: string;
}

const MAX_TEXTS = 64;
const MAX_TEXT_CHARS = 256;
const MAX_FOREIGN_CHARS = 2 * MAX_TEXTS * MAX_TEXT_CHARS;
/** Of all patterns of a type together, each choice in braces counted: every entry of every layer is compared with all. */
const MAX_PATTERNS = 32;

const SEVERITIES = ['Unknown', 'Negligible', 'Low', 'Medium', 'High', 'Critical'];
const CHECK_NAMES: readonly string[] = [...FILESYSTEM_CHECKS, ALL_CHECKS];
const RULE_ID = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

const flag: Parameter = {
  read: (given) => {
    if (typeof given === 'boolean') return given;
    const word = typeof given === 'string' ? given.trim().toLowerCase() : '';
    return word === 'true' ? true : word === 'false' ? false : undefined;
  },
  takes: 'true or false',
};

const oneOf = (...words: readonly string[]): Parameter => ({
  read: (given) => (typeof given === 'string' ? wordIn(words, given) : undefined),
  takes: words.join(' or '),
});

/** @param toText one of the list in its one spelling; undefined: it is none */
const listOf = (toText: (text: string) => string | undefined, takes: string): Parameter => ({
  read: (given) => {
    const found = textsOf(given)?.map(toText);
    return found?.every((text) => text !== undefined) === true ? unique(found) : undefined;
  },
  takes,
});

const someOf = (...words: readonly string[]): Parameter =>
  listOf((text) => wordIn(words, text), `a list of ${words.join(', ')}`);

const matching =
  (form: RegExp) =>
  (text: string): string | undefined =>
    form.test(text) ? text : undefined;

const licenses = listOf(matching(/^[A-Za-z0-9.+-]+(?: WITH [A-Za-z0-9.-]+)?$/), 'a list of SPDX ids');

const checks = listOf(
  (text) => wordIn(CHECK_NAMES, text) ?? matching(RULE_ID)(text),
  'a list of names of checks and ids of rules',
);

const patterns: Parameter = {
  read: (given) => {
    const found = textsOf(given)?.map((text) => text.replace(/^\/+/, ''));
    const isSound = found?.every((text) => text !== '' && parseGlob(text) !== undefined);
    return isSound === true && found ? unique(found).slice().sort() : undefined;
  },
  takes: 'a list of patterns of paths',
};

const PARAMETERS: Readonly<Record<ReportSubject, Readonly<Record<string, Parameter>>>> = {
  vulnerability: {
    severity: someOf(...SEVERITIES),
    ignoreUnfixed: flag,
    packageTypes: someOf('os', 'library'),
  },
  bill: { format: oneOf('spdx', 'cyclonedx'), allowGNU: flag },
  filesystem: {
    checks,
    paths: patterns,
    forbid: patterns,
    require: patterns,
  },
  license: { allow: licenses, deny: licenses },
  secret: { sources: someOf('files', 'env', 'history') },
};

/**
 * Parameters of a type that Drydock makes itself: truth values may come as texts, lists as one text with commas.
 *
 * @returns in one spelling, those that were left out left out
 * @throws ScannerFailure INVALID_PARAMETER
 */
export function checkedParameters(
  subject: ReportSubject,
  given: ReadonlyMap<string, unknown>,
): ScanParameters {
  const known = new Map(Object.entries(PARAMETERS[subject]));
  const checked = new Map<string, Value>();
  for (const [name, value] of given) {
    const parameter = known.get(name);
    if (!parameter) throw invalid(name, `there are ${[...known.keys()].join(', ')} and scanner`);
    if (value === null) continue;
    const read = parameter.read(value);
    if (read === undefined) throw invalid(name, `it takes ${parameter.takes}`);
    checked.set(name, read);
  }
  const result = inOrder(checked);
  const count = ['paths', 'forbid', 'require']
    .flatMap((name) => listIn(result, name))
    .flatMap((pattern) => alternatives(pattern) ?? []).length;
  if (count > MAX_PATTERNS)
    throw invalid('paths', `there may be ${MAX_PATTERNS} patterns in all, each choice in braces counted`);
  return result;
}

/** Checks of rules that there are not would be passed by everything. @throws ScannerFailure INVALID_PARAMETER */
export function assertRules(parameters: ScanParameters, ruleIds: ReadonlySet<string>): void {
  const unknown = listIn(parameters, 'checks').find((id) => !CHECK_NAMES.includes(id) && !ruleIds.has(id));
  if (unknown === undefined) return;
  const shown = JSON.stringify(unknown.slice(0, 64));
  throw invalid('checks', `${shown} is none of ${CHECK_NAMES.join(', ')}, nor the id of a rule`);
}

/**
 * Parameters of a type that only others make: they are handed on as they are.
 *
 * @throws ScannerFailure INVALID_PARAMETER
 */
export function foreignParameters(given: ReadonlyMap<string, unknown>): ScanParameters {
  // They are read again whenever somebody looks.
  if (JSON.stringify([...given]).length > MAX_FOREIGN_CHARS)
    throw invalid([...given.keys()][0] ?? '', `all of them have at most ${MAX_FOREIGN_CHARS} characters`);
  for (const [name, value] of given) {
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value) || textsOf(value) !== undefined;
    const isBounded = name.length <= MAX_TEXT_CHARS && String(value).length <= MAX_TEXTS * MAX_TEXT_CHARS;
    if (value !== null && !(isPlain && isBounded))
      throw invalid(name, 'it takes a text, a number, a truth value or a list of texts');
  }
  return inOrder(given);
}

function inOrder(values: ReadonlyMap<string, unknown>): ScanParameters {
  const known = [...values].filter(([, value]) => value !== null);
  // fromEntries defines members, whatever they are called
  return Object.fromEntries(known.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function invalid(name: string, why: string): ScannerFailure {
  const shown = JSON.stringify(name.slice(0, 64));
  return new ScannerFailure('INVALID_PARAMETER', `parameter ${shown} cannot be so: ${why}`);
}

/** A list of texts, or one text with commas. */
function textsOf(given: unknown): readonly string[] | undefined {
  const list = typeof given === 'string' ? splitText(given) : given;
  if (!Array.isArray(list) || list.length > MAX_TEXTS) return undefined;
  const isSound = list.every((text) => typeof text === 'string' && text.length <= MAX_TEXT_CHARS);
  return isSound ? (list as readonly string[]).filter((text) => text !== '') : undefined;
}

/** At commas, but for those between braces, which are part of a pattern. */
function splitText(text: string): readonly string[] | undefined {
  if (text.length > MAX_TEXTS * (MAX_TEXT_CHARS + 2)) return undefined;
  const found: string[] = [];
  let [start, depth] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '{') depth++;
    else if (char === '}') depth = Math.max(0, depth - 1);
    else if (char === ',' && depth === 0) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...found, text.slice(start)].map((one) => one.trim());
}

function wordIn(words: readonly string[], given: string): string | undefined {
  return words.find((word) => word.toLowerCase() === given.trim().toLowerCase());
}

function unique<T>(list: readonly T[]): readonly Exclude<T, undefined>[] {
  return [...new Set(list)].filter((one): one is Exclude<T, undefined> => one !== undefined);
}

/** A list among checked parameters; empty where it was left out. */
export function listIn(parameters: ScanParameters, name: string): readonly string[] {
  const value = parameters[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
