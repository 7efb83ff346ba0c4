/** A variable that was given its text when the program was linked. */
export interface LinkedText {
  /** `main.version`, `github.com/owner/name/cmd/tool/app.Version`. */
  readonly variable: string;
  readonly text: string;
}

const MAX_FLAGS_CHARS = 64 << 10;

/** The version that the flags `-X variable=text` among the linker's give to a module. */
export function versionOfFlags(module: string, flags: string | undefined): string | undefined {
  if (flags === undefined || flags.length > MAX_FLAGS_CHARS) return undefined;
  const words = shellWords(flags);
  const texts = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-X')) continue;
    const setting = word === '-X' ? (words[++i] ?? '') : word.slice(word[2] === '=' ? 3 : 2);
    const equals = setting.indexOf('=');
    // Of a variable that is set twice the last counts.
    if (equals > 0) texts.set(unquoted(setting.slice(0, equals)), unquoted(setting.slice(equals + 1)));
  }
  return versionOfTexts(
    module,
    [...texts].map(([variable, text]) => ({ variable, text })),
  );
}

function unquoted(text: string): string {
  return text.replace(/^["']|["']$/g, '');
}

/** In what order they are believed: a program of the module, a usual place, any other. */
const PLACES: readonly ((variable: string, module: string) => boolean)[] = [
  (variable, module) => variable.startsWith(`${module}/cmd/`),
  (variable) => USUAL_PACKAGES.has(packageOf(variable)),
  () => true,
];

const USUAL_PACKAGES: ReadonlySet<string> = new Set(['main', 'common', 'version', 'cmd']);

/** The version that variables give to a module: none where those most to be believed do not agree. */
export function versionOfTexts(module: string, texts: readonly LinkedText[]): string | undefined {
  const versions = texts.filter(({ variable, text }) => isVersionVariable(variable) && isVersion(text));
  for (const isPlace of PLACES) {
    const there = versions.filter(({ variable }) => isPlace(variable, module));
    const [first] = there;
    if (first) return there.length === 1 ? first.text : undefined;
  }
  return undefined;
}

/** What names of variables that hold a version end in, in lower case. */
export const VERSION_VARIABLES: readonly string[] = ['.version', '.ver'];

function isVersionVariable(variable: string): boolean {
  return VERSION_VARIABLES.some((suffix) => variable.toLowerCase().endsWith(suffix));
}

/** `github.com/owner/name/internal/version/app.ver` → `app`. */
function packageOf(variable: string): string {
  const name = variable.slice(variable.lastIndexOf('/') + 1).toLowerCase();
  return name.split('.', 1)[0] ?? '';
}

const NUMBER = '(?:0|[1-9][0-9]*)';
const LABEL = '(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)';
const VERSION = new RegExp(
  `^v?${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}(?:-${LABEL}(?:\\.${LABEL})*)?(?:\\+[0-9A-Za-z.-]+)?)?)?$`,
);

/** Semantic, with or without `v`; the last parts may be left out. */
function isVersion(text: string): boolean {
  return text.length <= 128 && VERSION.test(text);
}

/** Words as a shell parts them. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '\\' && quote !== "'") word = (word ?? '') + (text[++at] ?? '');
    else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") [quote, word] = [char, word ?? ''];
    else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
