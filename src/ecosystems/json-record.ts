import type { FileResult } from '../analysis/analyzer.ts';
import { isWithinJsonBounds } from '../codec/bounded-json.ts';

/** An object out of untrusted JSON. Never merge it into another: its keys may be anything. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** The text of a file, without the mark that some editors put before it. */
export function textOf(content: Uint8Array): string {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Of short texts not even brackets alone make much. */
const MAX_UNBOUNDED_CHARS = 4 << 20;
/** The largest lock files seen have some hundred thousand objects and lists, a few deep. */
const BOUNDS = { depth: 1_000, containers: 1_000_000 };

/** What a JSON text holds; undefined for text that is no JSON, or holds more than any file of packages does. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  if (text.length > MAX_UNBOUNDED_CHARS && !isWithinJsonBounds(Buffer.from(text), BOUNDS)) return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined; // what is wrong with it helps nobody; the caller says which file it was
  }
}

/** The value if it is an object (and no list), else undefined. */
export function recordOf(value: unknown): JsonRecord | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonRecord)
    : undefined;
}

/** The value of an object's own key. */
export function own(record: JsonRecord | undefined, key: string): unknown {
  return record && Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The answer for a file that is not what its name says. */
export function damaged(message: string): FileResult {
  return { diagnostics: [{ code: 'PACKAGE_FILE_DAMAGED', message }] };
}
