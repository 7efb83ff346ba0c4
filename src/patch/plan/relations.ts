import { deb, type DebVersion } from '../../versions/deb.ts';

/** One way to satisfy a clause: a package, perhaps in some version and for some architecture. */
export interface Alternative {
  readonly name: string;
  /** `any`, `native` or an architecture. */
  readonly architecture?: string;
  readonly version?: { readonly operator: Operator; readonly version: DebVersion };
}

export type Operator = '<<' | '<=' | '=' | '>=' | '>>';

/** Any of these satisfies it. */
export type Clause = readonly Alternative[];

const MAX_CLAUSES = 5_000;
/** `<` and `>` are old ways to write `<=` and `>=`. */
const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['<<', '<<'],
  ['<=', '<='],
  ['<', '<='],
  ['=', '='],
  ['>=', '>='],
  ['>', '>='],
  ['>>', '>>'],
]);

/**
 * Clauses of a relationship field: `libc6 (>= 2.36), awk | mawk:any`. What cannot be read is left out: both of what is
 * installed and of what shall be, so that it changes no answer.
 * @see Debian Policy 7.1
 */
export function parseRelations(field: string): Clause[] {
  if (field === '') return [];
  return field
    .split(',', MAX_CLAUSES)
    .map((clause) => clause.split('|', MAX_CLAUSES).flatMap((text) => toAlternative(text.trim()) ?? []))
    .filter((clause) => clause.length > 0);
}

function toAlternative(text: string): Alternative | undefined {
  const [, name, architecture, rest = ''] =
    /^([A-Za-z0-9][A-Za-z0-9+._-]*)(?::([a-z0-9-]+))?(.*)$/s.exec(text) ?? [];
  if (name === undefined) return undefined;
  const own = { name, ...(architecture !== undefined && { architecture }) };
  const bracketed = rest.trim();
  if (!bracketed.startsWith('(')) return own;
  const [, sign = '', written = ''] = /^\(\s*([<>=]{1,2})\s*([^\s()]+)\s*\)/.exec(bracketed) ?? [];
  const [operator, version] = [OPERATORS.get(sign), deb.parse(written)];
  return operator && version ? { ...own, version: { operator, version } } : undefined;
}

export function holds(
  version: DebVersion,
  { operator, version: bound }: NonNullable<Alternative['version']>,
): boolean {
  const order = deb.compare(version, bound);
  if (operator === '<<') return order < 0;
  if (operator === '<=') return order <= 0;
  if (operator === '=') return order === 0;
  return operator === '>=' ? order >= 0 : order > 0;
}

/** As it is written in control files. */
export function showClause(
  clause: Clause,
  writtenVersion: (version: DebVersion) => string = showVersion,
): string {
  return clause
    .map(({ name, architecture, version }) => {
      const bound = version ? ` (${version.operator} ${writtenVersion(version.version)})` : '';
      return `${name}${architecture === undefined ? '' : `:${architecture}`}${bound}`;
    })
    .join(' | ');
}

function showVersion({ epoch, upstream, revision }: DebVersion): string {
  return `${epoch > 0 ? `${epoch}:` : ''}${upstream}${revision === '' ? '' : `-${revision}`}`;
}
