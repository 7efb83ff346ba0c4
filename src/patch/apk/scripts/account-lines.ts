/** An account or a shell that a script adds where there is none of its name yet. */
export type AccountWish =
  | {
      readonly kind: 'group';
      readonly name: string;
      readonly gid?: number;
      readonly isSystem: boolean;
    }
  /** A line of `etc/shells`. */
  | { readonly kind: 'shell'; readonly path: string }
  | {
      readonly kind: 'user';
      readonly name: string;
      readonly uid?: number;
      readonly group: string;
      readonly home: string;
      /** Empty where none is named: which one that is hangs on the version of BusyBox. */
      readonly shell: string;
      readonly gecos: string;
      /** Its home is made too. */
      readonly makesHome: boolean;
    }
  | { readonly kind: 'member'; readonly user: string; readonly group: string };

export interface AccountLines {
  readonly wishes: readonly AccountWish[];
  /** All else that the script does, line by line. */
  readonly others: readonly string[];
}

const NAME = /^[a-z_][a-z0-9_-]{0,31}$/;
const PATH = /^\/[A-Za-z0-9._/-]{0,255}$/;

/**
 * What a script does with `addgroup`, `adduser` and `add-shell` of BusyBox: the usual way of Alpine's packages to have their
 * accounts, and of shells to be known.
 */
export function accountLines(script: string): AccountLines {
  const wishes: AccountWish[] = [];
  const others: string[] = [];
  for (const line of script.split('\n')) {
    const text = line.trim().replace(/;$/, '');
    if (text === '' || text.startsWith('#') || text === 'exit 0') continue;
    const found = wishesOf(text);
    if (found.length > 0) wishes.push(...found);
    else others.push(text);
  }
  return { wishes, others };
}

function wishesOf(line: string): AccountWish[] {
  const bare = line
    .replace(/\s*\|\|\s*(?:true|:)$/, '')
    .replace(/\s*(?:>\s*\/dev\/null\s*)?2>\s*(?:\/dev\/null|&1)$/, '');
  const [command, ...words] = wordsOf(bare) ?? [];
  if (command === 'add-shell') return words.every((path) => PATH.test(path)) ? words.map(toShell) : [];
  if (command !== 'addgroup' && command !== 'adduser') return [];
  const { options, names } = optionsOf(words, command === 'addgroup' ? 'g' : 'uhgsGk');
  const wish = command === 'addgroup' ? groupWish(options, names) : userWish(options, names);
  return wish ? [wish] : [];
}

function toShell(path: string): AccountWish {
  return { kind: 'shell', path };
}

/** Words with single or double quotes; undefined where the shell would make something else of them. */
function wordsOf(line: string): string[] | undefined {
  if (/[$`\\;&|<>(){}*?[\]]/.test(line)) return undefined;
  const words = line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  return words.map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
}

interface Options {
  readonly options: ReadonlyMap<string, string>;
  readonly names: readonly string[];
}

function optionsOf(words: readonly string[], withValue: string): Options {
  const options = new Map<string, string>();
  const names: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!/^-[A-Za-z]+$/.test(word)) {
      names.push(word);
      continue;
    }
    for (const letter of word.slice(1)) {
      if (!withValue.includes(letter)) options.set(letter, '');
      else options.set(letter, words[++at] ?? '');
    }
  }
  return { options, names };
}

function groupWish(options: Options['options'], names: readonly string[]): AccountWish | undefined {
  const [first = '', second] = names;
  if (names.length > 2 || !names.every((name) => NAME.test(name))) return undefined;
  if (second !== undefined)
    return options.size === 0 ? { kind: 'member', user: first, group: second } : undefined;
  if ([...options.keys()].some((letter) => !'Sg'.includes(letter)) || first === '') return undefined;
  const gid = idIn(options.get('g'));
  if (gid === 'odd') return undefined;
  return { kind: 'group', name: first, isSystem: options.has('S'), ...(gid !== undefined && { gid }) };
}

function userWish(options: Options['options'], names: readonly string[]): AccountWish | undefined {
  const [name = ''] = names;
  const isUsual =
    options.has('S') &&
    options.has('D') &&
    [...options.keys()].every((letter) => 'SDHhsGgu'.includes(letter));
  if (names.length !== 1 || !NAME.test(name) || !isUsual) return undefined;
  const group = options.get('G') ?? '';
  const [home, shell] = [options.get('h') ?? `/home/${name}`, options.get('s') ?? ''];
  const [gecos, uid] = [options.get('g') ?? 'Linux User,,,', idIn(options.get('u'))];
  const isSound =
    PATH.test(home) &&
    (PATH.test(shell) || !options.has('s')) &&
    /^[^:\n]{0,100}$/.test(gecos) &&
    uid !== 'odd';
  if (!isSound || !(group === '' || NAME.test(group))) return undefined;
  return {
    kind: 'user',
    name,
    group,
    home,
    shell,
    gecos,
    makesHome: !options.has('H'),
    ...(uid !== undefined && { uid }),
  };
}

function idIn(text: string | undefined): number | 'odd' | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,5}$/.test(text) ? Number(text) : 'odd';
}
