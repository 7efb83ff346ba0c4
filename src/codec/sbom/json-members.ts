/** An object out of untrusted JSON. */
export type JsonObject = Readonly<Record<string, unknown>>;

const LINE_BREAKS = /[\t\r\n]+/g;
const CONTROL = /[\0-\x1f\x7f-\x9f]/g;
export const MAX_TEXT_CHARS = 4096;

/** The value if it is an object and no list. */
export function objectIn(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** An object's own member. */
export function member(object: JsonObject | undefined, key: string): unknown {
  return object && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function objectAt(object: JsonObject | undefined, key: string): JsonObject | undefined {
  return objectIn(member(object, key));
}

/** The objects of a list; none where there is no list. */
export function objectsAt(object: JsonObject | undefined, key: string): JsonObject[] {
  const found: JsonObject[] = [];
  for (const item of listAt(object, key)) {
    const inner = objectIn(item);
    if (inner) found.push(inner);
  }
  return found;
}

export function listAt(object: JsonObject | undefined, key: string): readonly unknown[] {
  const value = member(object, key);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Text that is not empty, trimmed, on one line and without control characters; undefined where it is none or too long. */
export function cleanText(value: unknown, maxChars = MAX_TEXT_CHARS): string | undefined {
  if (typeof value !== 'string' || value.length > maxChars) return undefined;
  return value.trim().replace(LINE_BREAKS, ' ').replace(CONTROL, '\ufffd') || undefined;
}

export function textAt(object: JsonObject | undefined, key: string): string | undefined {
  return cleanText(member(object, key));
}

/** The texts of a list. */
export function textsAt(object: JsonObject | undefined, key: string): string[] {
  return listAt(object, key).flatMap((item) => cleanText(item) ?? []);
}
