/** What a 401 asks for. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

const MAX_CHALLENGES = 20;
const MAX_PARAMETERS = 30;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const TOKEN68 = /[0-9A-Za-z._~+/-]+=*(?=\s*(?:,|$))/y;
const SPACE = /[ \t]*/y;
const SEPARATORS = /[ \t,]*/y;

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/**
 * The challenge to meet of those in `WWW-Authenticate` headers: Bearer where there is a realm to get a token at,
 * else Basic, else undefined.
 */
export function chooseChallenge(headers: readonly string[]): Challenge | undefined {
  const challenges = headers.flatMap(parseChallenges);
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get('realm');
    if (scheme !== 'bearer' || !realm) continue;
    return { scheme, realm, service: parameters.get('service'), scope: parameters.get('scope') };
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? { scheme: 'basic' } : undefined;
}

/**
 * One header may hold several challenges, separated by the same commas as their parameters: a word followed by `=`
 * is a parameter, any other begins a challenge.
 * @see RFC 9110, section 11.6.1
 */
function parseChallenges(header: string): RawChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  const scanner = scan(header);
  for (let steps = 0; steps < MAX_CHALLENGES + MAX_PARAMETERS; steps++) {
    scanner.take(SEPARATORS);
    const word = scanner.take(TOKEN)?.toLowerCase();
    if (word === undefined) break;
    scanner.take(SPACE);
    const current = challenges.at(-1);
    if (scanner.skip('=')) {
      const value = scanner.value();
      if (value === undefined || !current) break;
      if (!current.parameters.has(word)) current.parameters.set(word, value);
    } else {
      challenges.push({ scheme: word, parameters: new Map() });
      if (!scanner.isParameterNext()) scanner.take(TOKEN68);
    }
  }
  return challenges;
}

interface Scanner {
  take(pattern: RegExp): string | undefined;
  skip(char: string): boolean;
  /** What stands behind `=`: a word or a quoted string. */
  value(): string | undefined;
  isParameterNext(): boolean;
}

function scan(text: string): Scanner {
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const take = (pattern: RegExp): string | undefined => {
    const found = match(pattern);
    at += found?.length ?? 0;
    return found;
  };
  const skip = (char: string): boolean => {
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const quotedString = (): string | undefined => {
    let value = '';
    for (; at < text.length; at++) {
      if (text[at] === '"') {
        at++;
        return value;
      }
      if (text[at] === '\\') at++;
      value += text[at] ?? '';
    }
    return undefined;
  };
  return {
    take,
    skip,
    value: () => (take(SPACE), skip('"') ? quotedString() : take(TOKEN_OR_URL)),
    isParameterNext: () => match(PARAMETER) !== undefined,
  };
}

const PARAMETER = /[!#$%&'*+.^_`|~0-9A-Za-z-]+[ \t]*=[ \t]*[^ \t=,]/y;
/** Some servers forget the quotes around realm and scope. */
const TOKEN_OR_URL = /[^\s,"]+/y;
