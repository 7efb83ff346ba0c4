import { linearPattern } from './regex/linear-pattern.ts';

/** A path is a few thousand bytes at most; patterns of a sane length cannot spend this. */
const MAX_STEPS = 2_000_000;

/**
 * Tells paths that one of the globs matches: `*`, `?`, `[a-z]`, `{a,b}`, and `**` for any number of directories. A glob
 * without a slash is matched with the name alone.
 *
 * @throws PatternError
 */
export function matchGlobs(globs: readonly string[]): (path: string) => boolean {
  const names = new Set<string>();
  const extensions = new Set<string>();
  const inside: string[] = [];
  const others = globs.flatMap((glob) => {
    // The usual forms cost a look-up.
    const [, extension, directory, name] =
      /^(?:\*\*\/)?(?:\*\.(\w+)|([\w.-]+)\/\*\*|([\w.-]+))$/.exec(glob) ?? [];
    if (extension !== undefined) extensions.add(extension);
    else if (name !== undefined) names.add(name);
    else if (directory !== undefined && glob.startsWith('**')) inside.push(`/${directory}/`);
    else return [linearPattern(globToPattern(glob))];
    return [];
  });

  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const dot = name.lastIndexOf('.');
    if (names.has(name) || (dot >= 0 && extensions.has(name.slice(dot + 1)))) return true;
    if (inside.some((directory) => path.includes(directory) || path.startsWith(directory.slice(1))))
      return true;
    const text = others.length > 0 ? Buffer.from(path) : undefined;
    return (
      text !== undefined && others.some((glob) => glob.find(text, 0, { steps: MAX_STEPS }) !== undefined)
    );
  };
}

/** A glob as a pattern in RE2 syntax. Brackets that are not closed stand for themselves. */
export function globToPattern(glob: string): string {
  const isNameOnly = !glob.includes('/');
  const open: string[] = [];
  const body = glob.replace(/\*\*\/|\/\*\*$|\*+|\?|\[!?[^\]/]+\]|[{},]|[^*?[\]{},]|[[\]]/g, (token) => {
    if (token === '**/') return '(?:.*/)?';
    if (token === '/**') return '/.*';
    if (token === '**') return '.*';
    if (token.startsWith('*')) return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.startsWith('[') && token.length > 2)
      return `[${token.slice(1).replace(/^!/, '^').replace(/[\\[]/g, '\\$&')}`;
    if (token === '{') {
      open.push(token);
      return '(?:';
    }
    if (token === '}') return open.pop() ? ')' : '\\}';
    if (token === ',') return open.length > 0 ? '|' : ',';
    return token.replace(/[\\^$.|+()[\]]/g, '\\$&');
  });
  return `^${isNameOnly ? '(?:.*/)?' : ''}${body}${')'.repeat(open.length)}$`;
}
