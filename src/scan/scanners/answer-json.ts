import { isWithinJsonBounds } from '../../codec/bounded-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** More than any report holds; less than what takes a parser's memory, or minutes for names that differ. */
const BOUNDS = { depth: 200, containers: 6_000_000, members: 10_000_000 };

/** The JSON object that somebody else has answered with, or undefined for anything else. */
export function parseAnswer(bytes: Uint8Array): JsonObject | undefined {
  if (!isWithinJsonBounds(bytes, BOUNDS)) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // a page, half a text, or more than a string can hold
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
