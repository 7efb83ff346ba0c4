export interface GoModule {
  readonly path: string;
  readonly version: string;
}

/** What went into a program written in Go. */
export interface GoModules {
  /** Of the package with `main`. */
  readonly path?: string;
  readonly main?: GoModule;
  /** Replacements applied. */
  readonly dependencies: readonly GoModule[];
  /** How it was built (`-ldflags`, `CGO_ENABLED`, `vcs.revision`). */
  readonly settings: ReadonlyMap<string, string>;
}

/** The largest programs have a few thousand. */
const MAX_MODULES = 100_000;
const MAX_TEXT_CHARS = 4096;
const MAX_SETTINGS = 1000;

const CONTROL = /[\0-\x1f\x7f-\x9f]/g;

/**
 * Lines of `word TAB value …`: `path`, `mod` for the main module, `dep` for another, `=>` for what replaces the one
 * above, `build` for a setting. Lines that are none of these are passed over.
 * @see Go: src/runtime/debug/mod.go
 */
export function parseGoModules(text: string): GoModules {
  const dependencies: GoModule[] = [];
  const settings = new Map<string, string>();
  let path: string | undefined;
  let main: GoModule | undefined;
  let last: 'main' | 'dependency' | undefined;
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    const word = line.slice(0, Math.max(tab, 0));
    const rest = line.slice(tab + 1);
    if (word === 'path') path = clean(rest);
    else if (word === 'build') addSetting(settings, rest);
    else if (word === 'mod') {
      main = toModule(rest);
      last = main && 'main';
    } else if (word === 'dep') {
      const dependency = dependencies.length < MAX_MODULES ? toModule(rest) : undefined;
      if (dependency) dependencies.push(dependency);
      last = dependency && 'dependency';
    } else if (word === '=>') {
      const replacement = toModule(rest);
      // The main module stays what it is, whatever stands in for it.
      if (replacement && last === 'dependency') dependencies[dependencies.length - 1] = replacement;
      last = undefined;
    }
  }
  return { ...(path && { path }), ...(main && { main }), dependencies, settings };
}

/** Early versions of Go wrote modules without a path. */
function toModule(text: string): GoModule | undefined {
  const [path = '', version = ''] = text.split('\t', 2);
  if (path === '' || path.length > MAX_TEXT_CHARS || version.length > MAX_TEXT_CHARS) return undefined;
  return { path: clean(path), version: clean(version) };
}

function clean(text: string): string {
  return text.slice(0, MAX_TEXT_CHARS).replace(CONTROL, '\ufffd');
}

/** `key=value`, each quoted as Go quotes where it must. */
function addSetting(settings: Map<string, string>, text: string): void {
  if (settings.size >= MAX_SETTINGS) return;
  const key = quotedPrefix(text) ?? { raw: text.split('=', 1)[0] ?? '', value: text.split('=', 1)[0] ?? '' };
  if (key.value === '' || text[key.raw.length] !== '=') return;
  const rest = text.slice(key.raw.length + 1);
  settings.set(key.value, quotedPrefix(rest)?.value ?? rest);
}

function quotedPrefix(text: string): { raw: string; value: string } | undefined {
  if (text.startsWith('`')) {
    const end = text.indexOf('`', 1);
    return end < 0 ? undefined : { raw: text.slice(0, end + 1), value: text.slice(1, end) };
  }
  if (!text.startsWith('"')) return undefined;
  let value = '';
  for (let at = 1; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"') return { raw: text.slice(0, at + 1), value };
    if (char !== '\\') value += char;
    else {
      const escape = unescape(text, at + 1);
      value += escape.value;
      at += escape.length;
    }
  }
  return undefined;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
]);
const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);

/** What stands after a backslash, and how long it is. */
function unescape(text: string, at: number): { value: string; length: number } {
  const kind = text[at] ?? '';
  const digits = HEX_DIGITS.get(kind);
  if (digits === undefined) return { value: ESCAPES.get(kind) ?? kind, length: 1 };
  const code = Number.parseInt(text.slice(at + 1, at + 1 + digits), 16);
  const isCharacter = code >= 0 && code <= 0x10ffff;
  return { value: isCharacter ? String.fromCodePoint(code) : '\ufffd', length: 1 + digits };
}
