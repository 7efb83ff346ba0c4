export interface Diversion {
  /** With a leading slash, as all three. */
  readonly from: string;
  readonly to: string;
  /** The package whose own file stays at `from`; `:` for one made by hand. */
  readonly by: string;
}

/** Where files of packages are put elsewhere, by the path they ask for. */
export type Diversions = ReadonlyMap<string, Diversion>;

/** Three lines each. @see dpkg-divert(1) */
export function parseDiversions(text: string): Diversions {
  const lines = text.split('\n');
  const found = new Map<string, Diversion>();
  for (let at = 0; at + 2 < lines.length; at += 3) {
    const [from, to, by] = lines.slice(at, at + 3) as [string, string, string];
    if (from.startsWith('/') && to.startsWith('/')) found.set(from, { from, to, by });
  }
  return found;
}

/** Where a package's file goes. */
export function divert(path: string, packageName: string, diversions: Diversions): string {
  const diversion = diversions.get(path);
  return diversion && diversion.by !== packageName ? diversion.to : path;
}
