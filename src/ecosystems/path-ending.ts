/** As `path.endsWith(ending)`, but most paths are refused by their last character alone: called for every file. */
export function hasEnding(path: string, ending: string): boolean {
  return path.charCodeAt(path.length - 1) === ending.charCodeAt(ending.length - 1) && path.endsWith(ending);
}

/** The last part of the path is this name. */
export function isNamed(path: string, name: string): boolean {
  return hasEnding(path, name) && (path.length === name.length || path.at(-name.length - 1) === '/');
}
