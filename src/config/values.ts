import { didYouMean } from './nearest.ts';
import { durationText, parseDuration } from './duration.ts';
import type { Setting } from './schema.ts';

/** What is wrong with a value; whoever knows where it came from makes the error. */
interface BadValue {
  readonly problem: string;
  readonly hint?: string | undefined;
}

export type Parsed = { readonly value: unknown } | BadValue;

/** Timers count milliseconds in 31 bits, and fire at once beyond. */
const MAX_TIMER_SECONDS = 576 * 3600;
const MAX_AGE_SECONDS = 10 * 365 * 24 * 3600;
const TEXT_BYTES_MAX = 8192;
const LIST_LENGTH_MAX = 256;
const TRUE: ReadonlySet<string> = new Set(['true', '1', 'yes', 'on']);
const FALSE: ReadonlySet<string> = new Set(['false', '0', 'no', 'off']);

/** A value given as text (flag or environment); a repeated flag gives several. */
export function parseTexts(setting: Setting, texts: readonly string[]): Parsed {
  if (isList(setting))
    return parseList(
      setting,
      texts.flatMap((text) => text.split(',')),
    );
  return parseOne(setting, texts.at(-1) ?? '');
}

/** A value out of the file, which has types of its own. */
export function parseFileValue(setting: Setting, value: unknown): Parsed {
  if (setting.kind === 'switch') {
    return typeof value === 'boolean' ? { value } : { problem: 'is true or false' };
  }
  if (isList(setting)) {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!items.every((item) => typeof item === 'string')) return { problem: 'is a list of texts' };
    return parseList(setting, items.length === 1 ? (items[0] ?? '').split(',') : items);
  }
  if (setting.kind === 'integer') {
    return typeof value === 'number' ? parseOne(setting, String(value)) : { problem: 'is a whole number' };
  }
  return typeof value === 'string' ? parseOne(setting, value) : { problem: 'is a text' };
}

function isList(setting: Setting): setting is Setting & { kind: 'choices' | 'texts' } {
  return setting.kind === 'choices' || setting.kind === 'texts';
}

function parseOne(setting: Setting, text: string): Parsed {
  switch (setting.kind) {
    case 'switch':
      return parseSwitch(text);
    case 'integer':
      return parseInteger(text, setting.min, setting.max);
    case 'duration': {
      const seconds = parseDuration(text);
      if (seconds === undefined)
        return { problem: `${quoted(text)} is not a time`, hint: 'Write it like 90s, 5m or 1h30m.' };
      const max = setting.isAge ? MAX_AGE_SECONDS : MAX_TIMER_SECONDS;
      return seconds > max ? { problem: `is longer than ${durationText(max)}` } : { value: seconds };
    }
    case 'choice':
      return parseChoice(text, setting.values);
    case 'text':
    case 'path':
      return parseText(text);
    default:
      return { problem: 'cannot be given as a text' };
  }
}

function parseList(setting: Setting & { kind: 'choices' | 'texts' }, items: readonly string[]): Parsed {
  if (items.length > LIST_LENGTH_MAX) return { problem: `has more than ${LIST_LENGTH_MAX} items` };
  const values = new Set<unknown>();
  for (const item of items.map((text) => text.trim())) {
    const parsed = setting.kind === 'choices' ? parseChoice(item, setting.values) : parseText(item);
    if ('problem' in parsed) return parsed;
    values.add(parsed.value);
  }
  return { value: [...values] };
}

function parseSwitch(text: string): Parsed {
  const word = text.toLowerCase();
  if (TRUE.has(word)) return { value: true };
  if (FALSE.has(word)) return { value: false };
  return { problem: `${quoted(text)} is neither true nor false` };
}

function parseInteger(text: string, min: number, max: number): Parsed {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return { value };
  return { problem: `${quoted(text)} is not a whole number from ${min} to ${max}` };
}

function parseChoice(text: string, values: readonly string[]): Parsed {
  const value = values.find((candidate) => candidate.toLowerCase() === text.toLowerCase());
  if (value !== undefined) return { value };
  return { problem: `${quoted(text)} is not one of ${values.join(', ')}`, hint: didYouMean(text, values) };
}

function parseText(text: string): Parsed {
  if (text === '') return { problem: 'is empty' };
  if (text.length > TEXT_BYTES_MAX) return { problem: `is longer than ${TEXT_BYTES_MAX} characters` };

  if (/[\u0000-\u001f\u007f]/.test(text)) return { problem: 'holds a control character' };
  return { value: text };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
