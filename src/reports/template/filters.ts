import type { Severity } from '../../model/advisory.ts';
import { csvField } from '../csv/csv-field.ts';
import { htmlText } from '../html/markup.ts';
import { xmlText } from '../junit/xml-text.ts';
import { inlineText } from '../markdown/text.ts';
import { cut, plainLine } from '../plain-text.ts';
import { SEVERITIES, severityRank } from '../severities.ts';
import { isFields, isList, isSome, kindOf, textOf, type Value } from './value.ts';

/** Says what is wrong with a call. */
export type Refuse = (message: string) => Error;

export interface Filter {
  /** How many arguments, at least and at most. */
  readonly takes: readonly [least: number, most: number];
  apply(value: Value, args: readonly Value[], refuse: Refuse): Value;
}

/** Filters that make a value fit for what it is written into; `raw` says that it is meant as it is. */
export const ESCAPES: ReadonlySet<string> = new Set(['csv', 'html', 'json', 'markdown', 'raw', 'url', 'xml']);

function ofText(apply: (text: string) => string): Filter {
  return { takes: [0, 0], apply: (value, _args, refuse) => apply(text(value, refuse)) };
}

/** Numbers are harmless wherever they stand. */
function escapeOf(apply: (text: string) => string): Filter {
  return {
    takes: [0, 0],
    apply: (value, _args, refuse) => (typeof value === 'number' ? value : apply(text(value, refuse))),
  };
}

const MAX_WIDTH = 10_000;

const TABLE: Readonly<Record<string, Filter>> = {
  csv: escapeOf(csvField),
  html: escapeOf(htmlText),
  json: { takes: [0, 0], apply: (value) => jsonText(value) },
  markdown: escapeOf((value) => inlineText(value, MAX_WIDTH)),
  raw: escapeOf((value) => value),
  url: escapeOf((value) => encodeURIComponent(value.replace(/\p{Cs}/gu, '\ufffd'))),
  xml: escapeOf(xmlText),

  upper: ofText((value) => value.toUpperCase()),
  lower: ofText((value) => value.toLowerCase()),
  trim: ofText((value) => value.trim()),
  line: ofText((value) => plainLine(value, MAX_WIDTH)),
  truncate: {
    takes: [1, 1],
    apply: (value, [width], refuse) => cut(text(value, refuse), whole(width, 1, MAX_WIDTH, refuse)),
  },
  default: { takes: [1, 1], apply: (value, [other]) => (isSome(value) ? value : (other ?? '')) },
  date: { takes: [0, 1], apply: (value, [shape], refuse) => dateText(text(value, refuse), shape, refuse) },

  join: {
    takes: [0, 1],
    apply: (value, [between], refuse) =>
      list(value, refuse)
        .map((one) => text(one, refuse))
        .join(between === undefined ? ', ' : text(between, refuse)),
  },
  length: { takes: [0, 0], apply: (value, _args, refuse) => lengthOf(value, refuse) },
  first: {
    takes: [1, 1],
    apply: (value, [count], refuse) => list(value, refuse).slice(0, whole(count, 0, 1_000_000, refuse)),
  },
  where: {
    takes: [1, 2],
    apply: (value, [name, wanted], refuse) => {
      const field = text(name, refuse);
      const fits = (found: Value): boolean => (wanted === undefined ? isSome(found) : found === wanted);
      return list(value, refuse).filter((one) => fits(fieldOf(one, field, refuse)));
    },
  },
  bySeverity: {
    takes: [0, 0],
    apply: (value, _args, refuse) =>
      list(value, refuse)
        .map((one) => ({ one, rank: severityRank(severity(fieldOf(one, 'severity', refuse), refuse)) }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ one }) => one),
  },

  rank: { takes: [0, 0], apply: (value, _args, refuse) => severityRank(severity(value, refuse)) },
  atLeast: {
    takes: [1, 1],
    apply: (value, [least], refuse) =>
      severityRank(severity(value, refuse)) <= severityRank(severity(least, refuse)),
  },
  is: { takes: [1, 20], apply: (value, args) => args.includes(value) },
  over: { takes: [1, 1], apply: (value, [than]) => Number(value) > Number(than) },
  not: { takes: [0, 0], apply: (value) => !isSome(value) },
};

export const FILTERS: ReadonlyMap<string, Filter> = new Map(Object.entries(TABLE));

function text(value: Value | undefined, refuse: Refuse): string {
  const found = value === undefined ? '' : textOf(value);
  if (found === undefined) throw refuse(`takes a text, not ${kindOf(value ?? '')}`);
  return found;
}

function list(value: Value, refuse: Refuse): readonly Value[] {
  if (!isList(value)) throw refuse(`takes a list, not ${kindOf(value)}`);
  return value;
}

function whole(value: Value | undefined, least: number, most: number, refuse: Refuse): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw refuse(`takes a whole number from ${least} to ${most}`);
}

function severity(value: Value | undefined, refuse: Refuse): Severity {
  const found = SEVERITIES.find((one) => one === value);
  if (!found) throw refuse(`takes a severity: ${SEVERITIES.join(', ')}`);
  return found;
}

function fieldOf(value: Value, name: string, refuse: Refuse): Value {
  const found = isFields(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  if (found === undefined)
    throw refuse(`finds no field ${JSON.stringify(name.slice(0, 40))} in ${kindOf(value)}`);
  return found;
}

function lengthOf(value: Value, refuse: Refuse): number {
  return isList(value) ? value.length : [...text(value, refuse)].length;
}

const IN_PAGES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** With quotes, and fit for a script in a page, too. */
function jsonText(value: Value): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => IN_PAGES[char] ?? char);
}

const DATE_PARTS = /YYYY|MM|DD|hh|mm|ss/g;

/** In UTC. What is no date stays as it is. */
function dateText(value: string, shape: Value | undefined, refuse: Refuse): string {
  const time = Date.parse(value);
  if (Number.isNaN(time)) return value;
  const [date = '', clock = ''] = new Date(time).toISOString().split('T');
  const [YYYY = '', MM = '', DD = ''] = date.split(/(?<=\d)-/);
  const [hh = '', mm = '', ss = ''] = clock.slice(0, 8).split(':');
  const parts: Readonly<Record<string, string>> = { YYYY, MM, DD, hh, mm, ss };
  const wanted = shape === undefined ? 'YYYY-MM-DD' : text(shape, refuse);
  return wanted.replace(DATE_PARTS, (part) => parts[part] ?? part);
}
