/** Members of JSON that somebody else wrote. Whatever has not the form that is asked for counts as absent. */
export interface Members {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  flag(name: string): true | undefined;
  texts(name: string): readonly string[];
  /** A member that is an object; an empty one where it is absent. */
  object(name: string): Members;
  objects(name: string): readonly Members[];
  /** Names and values, for objects whose names are data. */
  entries(): readonly (readonly [string, unknown])[];
  /** The value itself, which is an object. */
  readonly raw: Readonly<Record<string, unknown>>;
}

export function membersOf(value: unknown): Members {
  const raw = isObject(value) ? value : {};
  const get = (name: string): unknown => (Object.hasOwn(raw, name) ? raw[name] : undefined);
  return {
    raw,
    text(name) {
      const found = get(name);
      return typeof found === 'string' && found !== '' ? found : undefined;
    },
    number(name) {
      const found = get(name);
      return typeof found === 'number' && Number.isFinite(found) ? found : undefined;
    },
    flag: (name) => get(name) === true || undefined,
    texts: (name) => itemsOf(get(name)).filter((item) => typeof item === 'string'),
    object: (name) => membersOf(get(name)),
    objects: (name) => itemsOf(get(name)).filter(isObject).map(membersOf),
    entries: () => Object.entries(raw),
  };
}

function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
