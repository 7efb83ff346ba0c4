import type { Spot } from './linear-pattern.ts';

/** A pattern run by the regular expressions of the language. */
export interface NativePattern {
  /** The first match in `text` (one character per byte) at or behind `from`. */
  find(text: string, from: number): Spot | undefined;
}

/**
 * For patterns of our own only: in what RE2 and JavaScript share, with `(?i)` at most at the beginning, and without
 * repetitions that could compete for the same text.
 */
export function nativePattern(pattern: string, groupName?: string): NativePattern {
  const ignoreCase = pattern.startsWith('(?i)');
  const source = (ignoreCase ? pattern.slice(4) : pattern).replaceAll('(?P<', '(?<');
  const flags = ignoreCase ? 'i' : '';
  const quick = new RegExp(source, `g${flags}`);
  // Noting where groups lie is slow, and hardly anything ever matches.
  const precise = new RegExp(source, `dg${flags}`);

  function find(text: string, from: number): Spot | undefined {
    quick.lastIndex = from;
    const rough = quick.exec(text);
    if (!rough) return undefined;
    precise.lastIndex = rough.index;
    const match = precise.exec(text);
    const whole = match?.indices?.[0];
    if (!whole) return undefined;
    const secret = groupName === undefined ? whole : (match.indices?.groups?.[groupName] ?? [-1, -1]);
    return { start: whole[0], end: whole[1], secretStart: secret[0], secretEnd: secret[1] };
  }

  return { find };
}
