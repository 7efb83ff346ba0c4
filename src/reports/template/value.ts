/** What a template can see: plain data, whole before it begins. */
export type Value = string | number | boolean | readonly Value[] | Fields;

export interface Fields {
  readonly [name: string]: Value;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isFields(value: Value): value is Fields {
  return typeof value === 'object' && !isList(value);
}

/** Neither empty, nor 0, nor false. */
export function isSome(value: Value): boolean {
  if (isList(value)) return value.length > 0;
  return typeof value === 'object' || Boolean(value);
}

/** In people's words. */
export function kindOf(value: Value): string {
  if (isList(value)) return 'a list';
  if (isFields(value)) return 'a group of fields';
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'true or false';
}

/** Undefined for what is no single value. */
export function textOf(value: Value): string | undefined {
  return typeof value === 'object' ? undefined : String(value);
}
