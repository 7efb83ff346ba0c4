import { PatternError } from './syntax.ts';

/** Walks a pattern character by character (code points). */
export interface Cursor {
  peek(): string | undefined;
  next(): string;
  /** Moves on if `text` comes next. */
  take(text: string): boolean;
  /** Moves on if the expression, which must be sticky, matches here. */
  match(expression: RegExp): RegExpExecArray | undefined;
  fail(message: string): never;
}

export function openCursor(pattern: string): Cursor {
  let at = 0;

  function peek(): string | undefined {
    const code = pattern.codePointAt(at);
    return code === undefined ? undefined : String.fromCodePoint(code);
  }
  function fail(message: string): never {
    throw new PatternError(`${message} at character ${at + 1}`);
  }
  return {
    peek,
    fail,
    next() {
      const character = peek() ?? fail('the pattern ends too early');
      at += character.length;
      return character;
    },
    take(text) {
      if (!pattern.startsWith(text, at)) return false;
      at += text.length;
      return true;
    },
    match(expression) {
      expression.lastIndex = at;
      const match = expression.exec(pattern);
      if (match) at += match[0].length;
      return match ?? undefined;
    },
  };
}
