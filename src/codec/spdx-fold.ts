/** What an expression comes to, from its licences up. */
export interface ExpressionFold<T> {
  /** @param exception what stands behind `WITH` */
  license(name: string, exception: string | undefined): T;
  /** All apply. Two or more. */
  and(operands: readonly T[]): T;
  /** One may be chosen. Two or more. */
  or(operands: readonly T[]): T;
}

const MAX_CHARS = 4096;
const MAX_DEPTH = 50;
const TOKENS = /[()]|[^\s()]+/g;
const NAME = /^[A-Za-z0-9.:-]+\+?$/;
const OPERATORS: ReadonlySet<string> = new Set(['AND', 'OR', 'WITH', '(', ')']);

/**
 * Works out a licence expression; `AND` binds closer than `OR`. Undefined for text that is no expression.
 *
 * @see https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function foldExpression<T>(text: string, fold: ExpressionFold<T>): T | undefined {
  const tokens = text.length > MAX_CHARS ? [] : (text.match(TOKENS) ?? []);
  let at = 0;
  const take = (wanted: string): boolean => {
    if (tokens[at] !== wanted) return false;
    at++;
    return true;
  };

  function chain(operator: 'AND' | 'OR', depth: number): T | undefined {
    const operands: T[] = [];
    do {
      const operand = operator === 'OR' ? chain('AND', depth) : atom(depth);
      if (operand === undefined) return undefined;
      operands.push(operand);
    } while (take(operator));
    const [only] = operands;
    if (operands.length === 1) return only;
    return operator === 'OR' ? fold.or(operands) : fold.and(operands);
  }

  function atom(depth: number): T | undefined {
    if (take('(')) {
      const inner = depth < MAX_DEPTH ? chain('OR', depth + 1) : undefined;
      return inner !== undefined && take(')') ? inner : undefined;
    }
    const name = nextName();
    if (name === undefined) return undefined;
    if (!take('WITH')) return fold.license(name, undefined);
    const exception = nextName();
    return exception === undefined ? undefined : fold.license(name, exception);
  }

  function nextName(): string | undefined {
    const token = tokens[at];
    if (token === undefined || OPERATORS.has(token) || !NAME.test(token)) return undefined;
    at++;
    return token;
  }

  const result = chain('OR', 0);
  return at === tokens.length ? result : undefined;
}
