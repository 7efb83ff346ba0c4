/**
 * The licences in an `L:` field, all of which apply.
 * An SPDX expression is split at its outermost `AND`s; an operand with `OR` or `WITH` stays one expression. Without
 * any operator the field is the list of words of older packages, in which a bare version belongs to the word before
 * (`MPL 2.0` is `MPL-2.0`).
 */
export function parseLicenses(field: string): string[] {
  const words = field.replace(/[()]/g, ' $& ').split(/\s+/).filter(Boolean);
  const parts = words.some(isOperator) ? splitAtAnd(words) : joinVersions(words);
  return [...new Set(parts)];
}

function isOperator(word: string): boolean {
  return /^(?:and|or|with)$/i.test(word);
}

function splitAtAnd(words: readonly string[]): string[] {
  const operands: string[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word === '(') depth++;
    if (word === ')') depth--;
    if (depth === 0 && /^and$/i.test(word)) operands.push([]);
    else operands.at(-1)?.push(word);
  }
  return operands.map(expression).filter((text) => text !== '');
}

/** Words as an expression again, without parentheses around a single licence. */
function expression(words: readonly string[]): string {
  const bare = words.filter((word) => word !== '(' && word !== ')');
  const text = bare.length <= 1 ? bare : words;
  return text.join(' ').replaceAll('( ', '(').replaceAll(' )', ')');
}

function joinVersions(words: readonly string[]): string[] {
  const licenses: string[] = [];
  for (const word of words) {
    const last = licenses.at(-1);
    if (word === '(' || word === ')') continue;
    if (last !== undefined && /^[0-9]+(?:\.[0-9]+)+$/.test(word))
      licenses[licenses.length - 1] = `${last}-${word}`;
    else licenses.push(word);
  }
  return licenses;
}
