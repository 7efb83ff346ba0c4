import { isNode, isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml';
import { isNestedTooDeep } from '../base/bracket-depth.ts';
import { messageOf, type DrydockError } from '../base/errors.ts';
import { parsePackageUrl } from '../codec/purl.ts';
import { parseGlob } from '../base/glob.ts';
import { ignoreFileError, parseExpiry, type IgnoreRule } from './ignore-rule.ts';

/** Lists of rules, and what each is about. */
const LISTS: ReadonlyMap<string, NonNullable<IgnoreRule['kind']>> = new Map([
  ['vulnerabilities', 'vulnerability'],
  ['misconfigurations', 'misconfiguration'],
  ['secrets', 'secret'],
  ['licenses', 'license'],
]);
const MAX_ALIASES = 100;

/** Says what is wrong at one place of the file. */
type Complain = (problem: string) => DrydockError;

/** @throws DrydockError IGNORE_FILE_INVALID, with the line */
export function parseIgnoreYaml(text: string, name: string): IgnoreRule[] {
  const lines = new LineCounter();
  if (isNestedTooDeep(text)) throw ignoreFileError(name, 'has too many brackets within each other');
  const document = parseDocument(text, {
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false, // the library would compare each key with each
    logLevel: 'error', // and would print what it thinks of odd keys
  });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const [error] = document.errors;
  if (error) throw ignoreFileError(name, `is not YAML: ${error.message}`, lineAt(error.pos[0]));
  const complainOf =
    (node: unknown): Complain =>
    (problem) =>
      ignoreFileError(name, problem, isNode(node) && node.range ? lineAt(node.range[0]) : undefined);
  const complainAt =
    (path: readonly (string | number)[]): Complain =>
    (problem) =>
      complainOf(document.getIn(path, true))(problem);
  const repeated = findRepeatedKey(document, name);
  if (repeated) throw complainOf(repeated)('has a key twice in one mapping');
  return listsIn(toPlain(document, name), complainAt([])).flatMap(([list, rules]) => {
    if (!Array.isArray(rules)) throw complainAt([list])(`must have a list under ${list}`);
    return rules.map((rule: unknown, index) => toRule(rule, list, complainAt([list, index])));
  });
}

function findRepeatedKey(document: Document, name: string): Node | undefined {
  let repeated: Node | undefined;
  const look = (): void =>
    visit(document, {
      Map(_, { items }) {
        const seen = new Set<unknown>();
        for (const { key } of items) {
          const value = isScalar(key) ? key.value : key;
          if (seen.has(value) && isNode(key)) repeated ??= key;
          seen.add(value);
        }
        return repeated && visit.BREAK;
      },
    });
  orRefuse(look, name);
  return repeated;
}

/** Aliases are bounded by the library, so that a small file cannot become a large one. */
function toPlain(document: Document, name: string): unknown {
  return orRefuse(() => document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown, name);
}

/** The library walks documents by recursion, which deep ones exhaust. */
function orRefuse<T>(walk: () => T, name: string): T {
  try {
    return walk();
  } catch (cause) {
    throw ignoreFileError(name, `cannot be read: ${messageOf(cause)}`);
  }
}

function listsIn(root: unknown, complain: Complain): [string, unknown][] {
  if (root === null || root === undefined) return [];
  if (typeof root !== 'object' || Array.isArray(root)) throw complain('must be a mapping of lists');
  const lists = Object.entries(root);
  const unknown = lists.find(([key]) => !LISTS.has(key));
  if (unknown)
    throw complain(`has ${JSON.stringify(unknown[0])}; it may have ${[...LISTS.keys()].join(', ')}`);
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
  const kind = LISTS.get(list);
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
    ...(kind && { kind }),
    paths,
    purls,
    ...(typeof statement === 'string' && { statement }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}
