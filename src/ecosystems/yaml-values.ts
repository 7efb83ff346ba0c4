import type { YamlMap, YamlValue } from '../codec/yaml/yaml-value.ts';

/** The value if it is a map, else undefined. */
export function mapIn(value: YamlValue | undefined): YamlMap | undefined {
  return typeof value === 'object' && value.kind === 'map' ? value : undefined;
}

/** The items of a list; none for what is no list. */
export function itemsIn(value: YamlValue | undefined): readonly YamlValue[] {
  return typeof value === 'object' && value.kind === 'list' ? value.items : [];
}

/** The value if it is a scalar that says something, else undefined. */
export function textIn(value: YamlValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A value that lies under keys, one in the other. */
export function valueAt(value: YamlValue | undefined, ...keys: readonly string[]): YamlValue | undefined {
  let inner = value;
  for (const key of keys) inner = mapIn(inner)?.entries.get(key);
  return inner;
}
