import { toDigest } from '../../base/digest.ts';
import type { Digest } from '../../model/image.ts';

/** Takes a value that somebody else wrote. @throws WireFault when it is of another form */
export type Read<T> = (value: unknown) => T;

/** A value of another form than it should have. */
export class WireFault extends Error {}

interface Optional<T> {
  readonly optional: Read<T>;
}

type Field<T, K extends keyof T> =
  object extends Pick<T, K> ? Optional<Exclude<T[K], undefined>> : Read<T[K]>;

/** How each member of a noun is read; a member that is forgotten here is a type error. */
type Fields<T> = { readonly [K in keyof T]-?: Field<T, K> };

type Members = Readonly<Record<string, Read<unknown> | Optional<unknown>>>;

export function optional<T>(read: Read<T>): Optional<T> {
  return { optional: read };
}

/** An object of known members; others are left out. */
export function shape<T>(fields: Fields<T>): Read<T> {
  const members = Object.entries<Read<unknown> | Optional<unknown>>(fields as object as Members);
  return (value) => {
    const given = objectOf(value);
    const read: Record<string, unknown> = {};
    for (const [name, field] of members) {
      const member = Object.hasOwn(given, name) ? given[name] : undefined;
      if (typeof field === 'function') read[name] = field(member);
      else if (member !== undefined) read[name] = field.optional(member);
    }
    return read as T;
  };
}

/** An object whose names are data. */
export function table<T>(read: Read<T>): Read<Record<string, T>> {
  // fromEntries defines members, whatever they are called
  return (value) =>
    Object.fromEntries(Object.entries(objectOf(value)).map(([name, member]) => [name, read(member)]));
}

export function listOf<T>(read: Read<T>): Read<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new WireFault('a list is none');
    return value.map((item) => read(item));
  };
}

export function oneOf<const T extends string | number | boolean>(...known: readonly T[]): Read<T> {
  return (value) => {
    const found = known.find((one) => one === value);
    if (found === undefined) throw new WireFault(`a value is not one of ${known.join(', ')}`);
    return found;
  };
}

export const text: Read<string> = (value) => {
  if (typeof value === 'string') return value;
  throw new WireFault('a text is none');
};

export const number: Read<number> = (value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new WireFault('a number is none');
};

export const flag: Read<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  throw new WireFault('a flag is none');
};

export const truth: Read<true> = oneOf(true);

export const digest: Read<Digest> = (value) => {
  const found = toDigest(value);
  if (found) return found;
  throw new WireFault('a digest is none');
};

/** Members of every form, as they are. */
export const anything: Read<Readonly<Record<string, unknown>>> = objectOf;

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new WireFault('an object is none');
}
