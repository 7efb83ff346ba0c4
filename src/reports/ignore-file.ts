import { parseDocument } from 'yaml';
import { DrydockError, messageOf } from '../base/errors.ts';
import { parsePackageUrl } from '../codec/purl.ts';

/** One thing to leave out, and why. */
export interface IgnoreRule {
  readonly id: string;
  /** Globs; only findings in such files. Empty means any. */
  readonly paths: readonly string[];
  /** Package URLs; only findings in such packages. Empty means any. */
  readonly purls: readonly string[];
  readonly statement?: string;
  /** Milliseconds since 1970: from then on the rule is without effect. */
  readonly expiresAt?: number;
}

const MAX_CHARS = 16 << 20;
const MAX_RULES = 100_000;
const LISTS = ['vulnerabilities', 'misconfigurations', 'secrets', 'licenses'];

/**
 * The rules of an ignore file: YAML when its name ends in `.yaml` or `.yml`, else an id a line with `#` comments and
 * an optional `exp:YYYY-MM-DD`.
 *
 * @throws DrydockError IGNORE_FILE_INVALID, with the line
 */
export function parseIgnoreFile(text: string, name: string): IgnoreRule[] {
  if (text.length > MAX_CHARS) throw invalid(name, 'is larger than 16 MiB');
  const rules = /\.ya?ml$/i.test(name) ? parseYaml(text, name) : parseLines(text, name);
  if (rules.length > MAX_RULES) throw invalid(name, `has more than ${MAX_RULES} rules`);
  return rules;
}

function invalid(name: string, problem: string, line?: number): DrydockError {
  return new DrydockError(
    'IGNORE_FILE_INVALID',
    `the ignore file ${name}${line ? `, line ${line},` : ''} ${problem}`,
  );
}

function parseLines(text: string, name: string): IgnoreRule[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [id, ...rest] = line
      .replace(/(?:^|\s)#.*$/, '')
      .trim()
      .split(/\s+/);
    if (!id) return [];
    const expiry = rest.find((word) => word.startsWith('exp:'))?.slice(4);
    const other = rest.find((word) => !word.startsWith('exp:'));
    if (other !== undefined)
      throw invalid(
        name,
        `has ${JSON.stringify(other)} behind an id; only exp:YYYY-MM-DD may stand there`,
        index + 1,
      );
    return [
      {
        id,
        paths: [],
        purls: [],
        ...(expiry !== undefined && { expiresAt: toExpiry(expiry, name, index + 1) }),
      },
    ];
  });
}

/** A rule holds through its last day in UTC's reckoning of where the day begins, as Trivy has it. */
function toExpiry(text: string, name: string, line?: number): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (Number.isNaN(time))
    throw invalid(name, `has ${JSON.stringify(text)} for a date; write YYYY-MM-DD`, line);
  return time;
}

function parseYaml(text: string, name: string): IgnoreRule[] {
  const document = parseDocument(text, { schema: 'core' });
  const [error] = document.errors;
  if (error)
    throw invalid(name, `is not YAML: ${error.message.split('\n')[0] ?? ''}`, error.linePos?.[0].line);
  const root = toPlain(document, name);
  if (root === null || root === undefined) return [];
  if (typeof root !== 'object' || Array.isArray(root)) throw invalid(name, 'must be a mapping of lists');
  const unknown = Object.keys(root).find((key) => !LISTS.includes(key));
  if (unknown !== undefined)
    throw invalid(name, `has ${JSON.stringify(unknown)}; it may have ${LISTS.join(', ')}`);
  return LISTS.flatMap((list) => {
    const rules = (root as Record<string, unknown>)[list] ?? [];
    if (!Array.isArray(rules)) throw invalid(name, `must have a list under ${list}`);
    return rules.map((rule: unknown) => toRule(rule, list, name));
  });
}

/** Aliases are bounded by the library, so that a small file cannot become a large one. */
function toPlain(document: ReturnType<typeof parseDocument>, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw invalid(name, `cannot be read: ${messageOf(cause)}`);
  }
}

function toRule(rule: unknown, list: string, name: string): IgnoreRule {
  const fields = (typeof rule === 'object' && rule !== null ? rule : {}) as Record<string, unknown>;
  const { id, statement, expired_at: expired } = fields;
  if (typeof id !== 'string' || id === '') throw invalid(name, `has a rule without an id under ${list}`);
  const texts = (key: string): string[] => {
    const value = fields[key] ?? [];
    if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value;
    throw invalid(name, `must have a list of texts under ${key} of ${id}`);
  };
  const purls = texts('purls');
  const broken = purls.find((purl) => !parsePackageUrl(purl));
  if (broken !== undefined) throw invalid(name, `has ${JSON.stringify(broken)} for a package URL at ${id}`);
  return {
    id,
    paths: texts('paths'),
    purls,
    ...(typeof statement === 'string' && { statement }),
    ...(expired !== undefined &&
      expired !== null && { expiresAt: toExpiry(String(expired).slice(0, 10), name) }),
  };
}
