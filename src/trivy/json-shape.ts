import { create, type DescMessage, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';

/** A JSON object that somebody else wrote. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How one member's value is written and read; undefined: it is left out, or of another form. */
export interface MemberKind {
  readonly write: (value: unknown) => unknown;
  readonly read: (value: unknown) => unknown;
}

/** One message as JSON: names of members, in their order, with the fields they are. */
export interface JsonShape<D extends DescMessage> {
  write(message: MessageShape<D>): JsonObject;
  /** Members of another form than they should have count as absent. */
  read(value: unknown): MessageShape<D>;
}

/** A member that stands for a field of the message, or (without a name) one whose members lie in the object itself. */
export type Member = readonly [name: string, field: string, kind: MemberKind];

export function shape<D extends DescMessage>(schema: D, members: readonly Member[]): JsonShape<D> {
  return {
    write(message) {
      const fields = message as unknown as Record<string, unknown>;
      const written: Record<string, unknown> = {};
      for (const [name, field, kind] of members) {
        const value = kind.write(fields[field]);
        if (value === undefined) continue;
        if (name === '') Object.assign(written, value);
        else written[name] = value;
      }
      return written;
    },
    read(value) {
      const object = asObject(value);
      const fields: Record<string, unknown> = {};
      for (const [name, field, kind] of members) {
        const found = name === '' ? object : object && Object.hasOwn(object, name) ? object[name] : undefined;
        const read = found === undefined || found === null ? undefined : kind.read(found);
        if (read !== undefined) fields[field] = read;
      }
      return create(schema, fields as MessageInitShape<D>);
    },
  };
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export const text: MemberKind = {
  write: (value) => (value === '' ? undefined : value),
  read: (value) => (typeof value === 'string' ? value : undefined),
};

export const flag: MemberKind = {
  write: (value) => value === true || undefined,
  read: (value) => value === true || undefined,
};

/** Within 32 bits. */
export const int: MemberKind = {
  write: (value) => (value === 0 ? undefined : value),
  read: (value) => (typeof value === 'number' && (value | 0) === value ? value : undefined),
};

export const float: MemberKind = {
  write: (value) => (value === 0 ? undefined : value),
  read: (value) =>
    typeof value === 'number' && Number.isFinite(Math.fround(value)) ? Math.fround(value) : undefined,
};

/** 64 bits in the message; sizes, which numbers are enough for. */
export const long: MemberKind = {
  write: (value) => (value === 0n ? undefined : Number(value)),
  read: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : undefined),
};

export const texts: MemberKind = {
  write: (value) => (Array.isArray(value) && value.length > 0 ? value : undefined),
  read: (value) =>
    Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined,
};

/** Words where the message has numbers. */
export function words(names: Readonly<Record<number, string>>): MemberKind {
  const numbers = new Map(Object.entries(names).map(([number, name]) => [name, Number(number)]));
  return {
    write: (value) => names[value as number],
    read: (value) => (typeof value === 'string' ? numbers.get(value) : undefined),
  };
}

export function one<D extends DescMessage>(of: JsonShape<D>): MemberKind {
  return {
    write(value) {
      const written = value === undefined ? {} : of.write(value as MessageShape<D>);
      return Object.keys(written).length === 0 ? undefined : written;
    },
    read(value) {
      const object = asObject(value);
      return object && Object.keys(object).length > 0 ? of.read(object) : undefined;
    },
  };
}

export function many<D extends DescMessage>(of: JsonShape<D>): MemberKind {
  return {
    write: (value) =>
      Array.isArray(value) && value.length > 0
        ? value.map((item) => of.write(item as MessageShape<D>))
        : undefined,
    read: (value) =>
      Array.isArray(value) ? value.flatMap((item) => (asObject(item) ? [of.read(item)] : [])) : undefined,
  };
}
