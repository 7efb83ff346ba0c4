/** Real archives have one hop: a legacy name for a layer stored once. */
const MAX_HOPS = 16;

/** What is stored under a path, links inside the archive followed. Loops and dangling links lead nowhere. */
export function follow<T>(
  path: string,
  stored: ReadonlyMap<string, T>,
  links: ReadonlyMap<string, string>,
): T | undefined {
  let at: string | undefined = path;
  for (let hop = 0; at !== undefined && hop <= MAX_HOPS; hop++) {
    const found = stored.get(at);
    if (found !== undefined) return found;
    at = links.get(at);
  }
  return undefined;
}
