import type { Severity } from '../../../model/advisory.ts';
import type { SecretRule } from '../secret-rule.ts';

/** RE2's white space; JavaScript's `\s` is wider. */
export const SPACE = '[\\t\\r\\n ]';
export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Quotes may be escaped, as in a command line that stands in JSON. */
const QUOTE = `\\\\{0,2}["']?`;
const BECOMES = `${QUOTE}${SPACE}{0,4}(?:=>|:=|\\|\\|:|<=|[=:>,(])${SPACE}{0,5}[br]?${QUOTE}`;

/** `NAME… = "SECRET"` in the notations of shells, YAML, JSON and programming languages, whatever the case of the name. */
export function assigned(name: string, secret: string): string {
  return `(?i)${name}[a-z0-9_ .,-]{0,25}${BECOMES}${alone(secret)}`;
}

/** As {@link assigned}, the name being given in full. */
export function assignedTo(name: string, secret: string): string {
  return `(?i)${name}${BECOMES}${alone(secret)}`;
}

/** A secret that ends where its alphabet ends, so that a part of something longer is none. */
function alone(secret: string): string {
  return `(?P<secret>${secret})(?:[^a-z0-9_=+/-]|$)`;
}

/** A name and what it is given hardly ever stand further apart. */
const USUAL_REACH = [64, 400] as const;

/** The beginning of a word, also behind a line end that is written as an escape (`\\n` in JSON). */
const WORD_START = '(?:\\b|\\\\[nrt])';

type Extras = Omit<SecretRule, 'id' | 'category' | 'title' | 'severity' | 'pattern' | 'keywords'>;

/** One row of a table of rules. A pattern with a group `secret` means that group. */
export function rule(
  id: string,
  category: string,
  title: string,
  severity: Severity,
  pattern: string,
  keywords: readonly string[],
  extras: Extras = {},
): SecretRule {
  const group = pattern.includes('(?P<secret>') ? { secretGroupName: 'secret' } : {};
  const freed = pattern.startsWith('\\b') ? `${WORD_START}${pattern.slice(2)}` : pattern;
  return { id, category, title, severity, pattern: freed, keywords, ...group, reach: USUAL_REACH, ...extras };
}
