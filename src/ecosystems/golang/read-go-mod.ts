export interface GoRequirement {
  readonly path: string;
  readonly version: string;
  readonly isIndirect: boolean;
  readonly line: number;
}

export interface GoReplacement {
  readonly path: string;
  /** Absent: of every version. */
  readonly version: string | undefined;
  readonly byPath: string;
  /** Absent: by a folder. */
  readonly byVersion: string | undefined;
  readonly line: number;
}

/** A `go.mod`. */
export interface GoMod {
  readonly module: string | undefined;
  readonly goVersion: string | undefined;
  readonly toolchain: string | undefined;
  readonly requires: readonly GoRequirement[];
  readonly replaces: readonly GoReplacement[];
}

const MAX_LINE_CHARS = 4096;

/** Lines that are no directives known here are passed over. @see https://go.dev/ref/mod#go-mod-file */
export function readGoMod(text: string): GoMod {
  const requires: GoRequirement[] = [];
  const replaces: GoReplacement[] = [];
  const single = new Map<string, string>();
  let block: string | undefined;
  let line = 0;
  for (const row of text.split('\n')) {
    line++;
    const comment = row.indexOf('//');
    const said = comment < 0 ? row : row.slice(0, comment);
    if (said.length > MAX_LINE_CHARS) continue;
    const words = said
      .split(/\s+/)
      .filter((word) => word !== '')
      .map(unquoted);
    if (words.length === 0) continue;
    if (words[0] === ')') {
      block = undefined;
      continue;
    }
    if (block === undefined && words[1] === '(') {
      block = words[0];
      continue;
    }
    const [directive = '', ...rest] = block === undefined ? words : [block, ...words];
    const isIndirect = comment >= 0 && /^\/\/\s*indirect\b/.test(row.slice(comment, comment + 64));
    if (directive === 'require') requires.push(...requirement(rest, isIndirect, line));
    else if (directive === 'replace') replaces.push(...replacement(rest, line));
    else if (rest[0] !== undefined) single.set(directive, rest[0]);
  }
  return {
    module: single.get('module'),
    goVersion: single.get('go'),
    toolchain: single.get('toolchain'),
    requires,
    replaces,
  };
}

function requirement([path, version]: readonly string[], isIndirect: boolean, line: number): GoRequirement[] {
  return path === undefined || version === undefined ? [] : [{ path, version, isIndirect, line }];
}

/** `path [version] => path [version]` */
function replacement(words: readonly string[], line: number): GoReplacement[] {
  const arrow = words.indexOf('=>');
  const [path, byPath] = [words[0], words[arrow + 1]];
  if (arrow < 1 || path === undefined || byPath === undefined) return [];
  return [{ path, version: arrow > 1 ? words[1] : undefined, byPath, byVersion: words[arrow + 2], line }];
}

function unquoted(word: string): string {
  return word.replace(/^["`]/, '').replace(/["`]$/, '');
}
