import { DrydockError } from '../../base/errors.ts';

/** A mapping of a configuration file. What has the wrong shape fails with a message that says where. */
export interface Reader {
  has(key: string): boolean;
  allowOnly(keys: readonly string[]): void;
  text(key: string): string | undefined;
  /** Of a text that must be there. */
  needed(key: string): string;
  number(key: string): number | undefined;
  /** A list of texts; empty where there is none. */
  texts(key: string): readonly string[];
  /** A list of mappings; empty where there is none. */
  items(key: string): readonly Reader[];
  object(key: string): Reader | undefined;
  /** The same, under another name in messages. */
  named(place: string): Reader;
  fail(message: string): never;
}

const MAX_ITEMS = 2_000;
const MAX_TEXT_LENGTH = 20_000;

/**
 * @param place in the file, for messages; empty at its top
 * @throws DrydockError CONFIG_INVALID, as all its methods
 */
export function reader(value: unknown, file: string, place: string): Reader {
  function fail(message: string): never {
    throw new DrydockError('CONFIG_INVALID', `${file}: ${place === '' ? '' : `${place}: `}${message}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('a mapping was expected');
  const entries = new Map<string, unknown>(value instanceof Map ? [] : Object.entries(value));

  function get(key: string): unknown {
    return entries.get(key) ?? undefined;
  }
  function toText(key: string, found: unknown): string {
    const text = typeof found === 'number' || typeof found === 'boolean' ? String(found) : found;
    if (typeof text !== 'string') fail(`${key} must be a text`);
    return text.length <= MAX_TEXT_LENGTH
      ? text
      : fail(`${key} is longer than ${MAX_TEXT_LENGTH} characters`);
  }
  function list(key: string): readonly unknown[] {
    const found = get(key) ?? [];
    if (!Array.isArray(found)) fail(`${key} must be a list`);
    return found.length <= MAX_ITEMS ? found : fail(`${key} has more than ${MAX_ITEMS} entries`);
  }
  function text(key: string): string | undefined {
    const found = get(key);
    return found === undefined ? undefined : toText(key, found);
  }
  return {
    fail,
    text,
    has: (key) => get(key) !== undefined,
    allowOnly(keys) {
      for (const key of entries.keys())
        if (!keys.includes(key)) fail(`${JSON.stringify(key.slice(0, 80))} is not known`);
    },
    needed: (key) => text(key) || fail(`${key} is missing`),
    number(key) {
      const found = get(key);
      return found === undefined || typeof found === 'number' ? found : fail(`${key} must be a number`);
    },
    texts: (key) => list(key).map((found) => toText(key, found)),
    items: (key) => list(key).map((found, number) => reader(found, file, `${key}[${number}]`)),
    object(key) {
      const found = get(key);
      return found === undefined ? undefined : reader(found, file, key);
    },
    named: (other) => reader(value, file, other),
  };
}
