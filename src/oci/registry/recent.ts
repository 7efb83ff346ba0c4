/** The newest entries of a map that nobody clears: one added to a full map drives the oldest out. */
export function keepRecent<K, V>(map: Map<K, V>, key: K, value: V, max = 1000): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
