import { findLicense } from './license-names.ts';

export type Token =
  | { readonly kind: 'name'; readonly text: string }
  | { readonly kind: 'and' | 'or' | 'with' | 'open' | 'close' | 'comma' };

const OPERATORS: ReadonlyMap<string, 'and' | 'or' | 'with'> = new Map([
  ['and', 'and'],
  ['&', 'and'],
  ['&&', 'and'],
  ['or', 'or'],
  ['|', 'or'],
  ['||', 'or'],
  ['and/or', 'or'],
  ['with', 'with'],
  ['w/', 'with'],
]);
/** After `or` they belong to the name before it (`v2 or later`). */
const LATER = /^(?:later|newer|greater|higher|above|any)\.?$/i;
const PARTS = /[(),;]|[^\s(),;]+/g;
const MAX_PARTS = 2000;

/** Words between operators are one name; a few words in parentheses behind a name belong to it. */
export function tokenise(text: string): Token[] {
  const parts = text.match(PARTS) ?? [];
  if (parts.length > MAX_PARTS) return [];
  const tokens: Token[] = [];
  let words: string[] = [];
  const endName = (): void => {
    if (words.length > 0) tokens.push(...namesIn(words.join(' ')));
    words = [];
  };
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? '';
    const remark = part === '(' && words.length > 0 ? remarkEnd(parts, at) : undefined;
    if (remark !== undefined) {
      words.push(`(${parts.slice(at + 1, remark).join(' ')})`);
      at = remark;
      continue;
    }
    const token = tokenOf(parts, at, words.length > 0);
    if (token === undefined) words.push(part);
    else {
      endName();
      tokens.push(token);
    }
  }
  endName();
  return tokens;
}

function tokenOf(parts: readonly string[], at: number, isInName: boolean): Token | undefined {
  const part = parts[at] ?? '';
  const next = parts[at + 1] ?? '';
  if (part === '(') return { kind: 'open' };
  if (part === ')') return { kind: 'close' };
  if (part === ',' || part === ';') return isBeforeVersion(next) && isInName ? undefined : { kind: 'comma' };
  const operator = OPERATORS.get(part.toLowerCase());
  if (operator === undefined || (operator === 'or' && isInName && isLater(next, parts[at + 2] ?? '')))
    return undefined;
  return { kind: operator };
}

function isLater(next: string, afterNext: string): boolean {
  return LATER.test(next) || (next === '(' && /^at$/i.test(afterNext));
}

/** `Apache License, Version 2.0`. */
function isBeforeVersion(word: string): boolean {
  return /^(?:version|ver|v)\b/i.test(word) || /^v?[0-9]/i.test(word);
}

/** Where the parentheses that open at `open` end, if they hold words only and not an expression. */
function remarkEnd(parts: readonly string[], open: number): number | undefined {
  for (let at = open + 1; at < parts.length; at++) {
    const part = parts[at] ?? '';
    if (part === ')') return at;
    const isOperator =
      OPERATORS.has(part.toLowerCase()) && !isLater(parts[at + 1] ?? '', parts[at + 2] ?? '');
    if (part === '(' || isOperator) return undefined;
  }
  return undefined;
}

/** `MIT/Apache-2.0`: a choice, where each part is a licence and the whole is none. */
function namesIn(name: string): Token[] {
  const used = withoutRemark(name);
  const parts = used.split('/').map((part) => part.trim());
  const isChoice =
    parts.length > 1 &&
    parts.length <= 20 &&
    findLicense(used) === undefined &&
    parts.every((part) => findLicense(part) !== undefined);
  if (!isChoice) return [{ kind: 'name', text: used }];
  return parts.flatMap((part, at): Token[] => {
    const token: Token = { kind: 'name', text: part };
    return at === 0 ? [token] : [{ kind: 'or' }, token];
  });
}

/** `MIT (Expat)`, `GPL (>= 2)`: the words in parentheses count if a licence is called so. */
function withoutRemark(name: string): string {
  const open = name.indexOf('(');
  if (open < 0 || findLicense(name) !== undefined) return name;
  return name.slice(0, open).trim() || name;
}
