import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import { messageOf, type DrydockError } from '../base/errors.ts';
import { parsePackageUrl } from '../codec/purl.ts';
import { parseGlob } from './glob.ts';
import { ignoreFileError, parseExpiry, type IgnoreRule } from './ignore-rule.ts';

const LISTS = ['vulnerabilities', 'misconfigurations', 'secrets', 'licenses'];
const MAX_ALIASES = 100;

/** Says what is wrong at one place of the file. */
type Complain = (problem: string) => DrydockError;

/** @throws DrydockError IGNORE_FILE_INVALID, with the line */
export function parseIgnoreYaml(text: string, name: string): IgnoreRule[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'core', lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const [error] = document.errors;
  if (error) throw ignoreFileError(name, `is not YAML: ${error.message}`, lineAt(error.pos[0]));
  const complainAt =
    (path: readonly (string | number)[]): Complain =>
    (problem) => {
      const node = document.getIn(path, true);
      return ignoreFileError(name, problem, isNode(node) && node.range ? lineAt(node.range[0]) : undefined);
    };
  return listsIn(toPlain(document, name), complainAt([])).flatMap(([list, rules]) => {
    if (!Array.isArray(rules)) throw complainAt([list])(`must have a list under ${list}`);
    return rules.map((rule: unknown, index) => toRule(rule, list, complainAt([list, index])));
  });
}

/** Aliases are bounded by the library, so that a small file cannot become a large one. */
function toPlain(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw ignoreFileError(name, `cannot be read: ${messageOf(cause)}`);
  }
}

function listsIn(root: unknown, complain: Complain): [string, unknown][] {
  if (root === null || root === undefined) return [];
  if (typeof root !== 'object' || Array.isArray(root)) throw complain('must be a mapping of lists');
  const lists = Object.entries(root);
  const unknown = lists.find(([key]) => !LISTS.includes(key));
  if (unknown) throw complain(`has ${JSON.stringify(unknown[0])}; it may have ${LISTS.join(', ')}`);
  return lists.filter(([, rules]) => rules !== null);
}

function toRule(rule: unknown, list: string, complain: Complain): IgnoreRule {
  const fields = new Map<string, unknown>(
    typeof rule === 'object' && rule !== null ? Object.entries(rule) : [],
  );
  const id = fields.get('id');
  const statement = fields.get('statement');
  const expiry = fields.get('expired_at') ?? undefined;
  if (typeof id !== 'string' || id === '') throw complain(`has a rule without an id under ${list}`);
  const texts = (key: string): string[] => {
    const value = fields.get(key) ?? [];
    if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
    throw complain(`must have a list of texts under ${key} of ${id}`);
  };
  const refuse = (broken: string | undefined, what: string): void => {
    if (broken !== undefined) throw complain(`has ${JSON.stringify(broken)} for ${what} at ${id}`);
  };
  const [paths, purls] = [texts('paths'), texts('purls')];
  const expiresAt = typeof expiry === 'string' ? parseExpiry(expiry) : undefined;
  refuse(
    paths.find((path) => !parseGlob(path)),
    'a path pattern',
  );
  refuse(
    purls.find((purl) => !parsePackageUrl(purl)),
    'a package URL',
  );
  if (expiry !== undefined && expiresAt === undefined)
    throw complain(`has ${JSON.stringify(expiry)} for a date at ${id}; write YYYY-MM-DD`);
  return {
    id,
    paths,
    purls,
    ...(typeof statement === 'string' && { statement }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
