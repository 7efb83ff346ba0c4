/** What a package says of itself. */
export interface PackageInfo {
  /** Values of each key, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

const MAX_LINES = 100_000;

/** Reads `.PKGINFO`: lines of `key = value`, some of which repeat. */
export function parsePackageInfo(text: string): PackageInfo {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n', MAX_LINES)) {
    const at = line.indexOf(' = ');
    if (line.startsWith('#') || at <= 0) continue;
    const [key, value] = [line.slice(0, at), line.slice(at + 3)];
    const known = values.get(key);
    if (known) known.push(value);
    else values.set(key, [value]);
  }
  return { values };
}

/** The only value, or the last one where there are more; empty where there is none. */
export function infoOf({ values }: PackageInfo, key: string): string {
  return values.get(key)?.at(-1) ?? '';
}

/** Words of all lines of a key. */
export function wordsOf({ values }: PackageInfo, key: string): string[] {
  return (values.get(key) ?? []).flatMap((value) => value.split(' ').filter((word) => word !== ''));
}
