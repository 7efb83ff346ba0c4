/** Linux opens no longer ones, so that no file of an image can have one. */
const MAX_PATH_CHARS = 4096;

/**
 * An archive's name as a path below the root: no leading slash, no `.`, no empty part, no trailing slash.
 * `''` is the root itself. Undefined for a name that climbs (`..`) or is absurdly long.
 */
export function normalisePath(name: string): string | undefined {
  if (name.length > MAX_PATH_CHARS) return undefined;
  // Most names are clean but for a leading `./`: then no array is made.
  const bare = name.startsWith('./') ? name.slice(2) : name;
  if (bare !== '' && !/^[./]|\/\.{0,2}(?:\/|$)/.test(bare)) return bare;
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') return undefined;
    parts.push(part);
  }
  return parts.join('/');
}

/**
 * Where a symbolic link at `path` leads, from the root and without leaving it; `..` at the root stays there,
 * as the kernel has it. Other links on the way are not followed.
 */
export function linkTargetPath(path: string, target: string): string {
  const parts = target.startsWith('/') ? [] : path.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
