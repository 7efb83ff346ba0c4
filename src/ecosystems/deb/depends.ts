/** One requirement: any of these names satisfies it, the first is preferred. */
export type Alternatives = readonly string[];

/**
 * Names in a relationship field, without versions, architectures and build profiles:
 * `libc6 (>= 2.36), awk | mawk:any` → `[['libc6'], ['awk', 'mawk']]`.
 * @see Debian Policy 7.1
 */
export function parseRelations(field: string): Alternatives[] {
  return field
    .split(',')
    .map((clause) => clause.split('|').map(nameOf).filter(Boolean))
    .filter((names) => names.length > 0);
}

function nameOf(alternative: string): string {
  const text = alternative.trim();
  const end = text.search(/[\s(:[<]/);
  return end < 0 ? text : text.slice(0, end);
}

/** What a set of packages holds and provides, to find who satisfies a requirement. */
export interface Provisions {
  readonly installed: ReadonlySet<string>;
  /** Virtual package → the first package that provides it. */
  readonly providers: ReadonlyMap<string, string>;
}

/** The names of installed packages that satisfy the requirements; of each, the first alternative that is there. */
export function resolveRelations(
  of: string,
  requirements: readonly Alternatives[],
  on: Provisions,
): string[] {
  const found = new Set<string>();
  for (const names of requirements) {
    const match = names.map((name) => (on.installed.has(name) ? name : on.providers.get(name))).find(Boolean);
    if (match !== undefined && match !== of) found.add(match);
  }
  return [...found];
}
