import type { Cursor } from './cursor.ts';

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['f', 12],
  ['t', 9],
  ['n', 10],
  ['r', 13],
  ['v', 11],
]);

/** The code point of an escape that stands for one character; the backslash has been read. */
export function escapedCodePoint(cursor: Cursor): number {
  const hex = cursor.match(/x(?:\{([0-9A-Fa-f]{1,8})\}|([0-9A-Fa-f]{2}))/y);
  if (hex) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    return code <= 0x10ffff ? code : cursor.fail('there is no such character');
  }
  // RE2 takes \1 to \7 for octal only where a second digit follows; alone they would be backreferences.
  const octal = cursor.match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
  if (octal) return Number.parseInt(octal[0], 8);
  const letter = cursor.next();
  const control = CONTROLS.get(letter);
  if (control !== undefined) return control;
  if (/[0-9A-Za-z]/.test(letter)) cursor.fail(`\\${letter} is not supported`);
  return letter.codePointAt(0) ?? 0;
}
