import { ignoreFileError, parseExpiry, type IgnoreRule } from './ignore-rule.ts';
import { parseIgnoreYaml } from './ignore-yaml.ts';

export type { IgnoreRule } from './ignore-rule.ts';

const MAX_CHARS = 4 << 20;
const MAX_RULES = 100_000;

/**
 * The rules of an ignore file: YAML when its name ends in `.yaml` or `.yml`, else an id a line with `#` comments and
 * an optional `exp:YYYY-MM-DD`.
 *
 * @throws DrydockError IGNORE_FILE_INVALID, with the line
 */
export function parseIgnoreFile(text: string, name: string): IgnoreRule[] {
  if (text.length > MAX_CHARS) throw ignoreFileError(name, 'is larger than 4 MiB');
  const rules = /\.ya?ml$/i.test(name) ? parseIgnoreYaml(text, name) : parseLines(text, name);
  if (rules.length > MAX_RULES) throw ignoreFileError(name, `has more than ${MAX_RULES} rules`);
  return rules;
}

function parseLines(text: string, name: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [id, ...words] = withoutComment(line).trim().split(/\s+/);
    if (!id) return [];
    return [{ id, paths: [], purls: [], ...expiryIn(words, name, index + 1) }];
  });
}

/** `#` begins one where a word may begin. */
function withoutComment(line: string): string {
  const at = line.search(/(?:^|\s)#/);
  return at < 0 ? line : line.slice(0, at);
}

/** Other words behind an id are a remark, as they are to Trivy. */
function expiryIn(words: readonly string[], name: string, line: number): Pick<IgnoreRule, 'expiresAt'> {
  const word = words.find((text) => text.startsWith('exp:'));
  if (word === undefined) return {};
  const expiresAt = parseExpiry(word.slice('exp:'.length));
  if (expiresAt !== undefined) return { expiresAt };
  throw ignoreFileError(name, `has ${JSON.stringify(word.slice(4))} for a date; write YYYY-MM-DD`, line);
}
