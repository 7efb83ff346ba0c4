import { DrydockError, type ErrorCode } from '../base/errors.ts';

/** No honest manifest or configuration comes near; deeper ones would overflow whoever walks them later. */
const MAX_DEPTH = 64;

/** What is being parsed, and how its faults are named. */
export interface Document {
  readonly code: ErrorCode;
  /** As in "the manifest of alpine:3". */
  readonly of: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * JSON of bounded depth from untrusted bytes. A `__proto__` key in it stays an own property like any other.
 *
 * @throws DrydockError with the document's code
 */
export function parseJson(bytes: Uint8Array, document: Document): unknown {
  if (isDeeperThan(bytes, MAX_DEPTH)) fault(document, `is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the bytes, which may be of a file that is none of our business.
    return fault(document, 'is not valid JSON');
  }
}

/** As {@link parseJson}, for what must be an object. */
export function parseJsonObject(bytes: Uint8Array, document: Document): JsonObject {
  const value = parseJson(bytes, document);
  return isObject(value) ? value : fault(document, 'is not a JSON object');
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The string, or undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A list; absent and null count as empty, since Go writes null for a list never filled. */
export function listOf(value: unknown, field: string, document: Document): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : fault(document, `has no list in ${field}`);
}

/** @throws DrydockError with the document's code */
export function fault(document: Document, problem: string): never {
  throw new DrydockError(document.code, `${document.of} ${problem}`);
}

/** Works on bytes, as brackets, quotes and backslashes are never part of a longer UTF-8 sequence. */
function isDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > limit) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
