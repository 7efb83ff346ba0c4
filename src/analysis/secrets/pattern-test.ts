import { linearPattern, type Budget } from './regex/linear-pattern.ts';

/** Whether one of several patterns is in a text. */
export type PatternTest = (text: string, budget: Budget) => boolean;

export interface TrustedPattern {
  readonly pattern: string;
  /** One of our own: see `nativePattern`. */
  readonly isOurs: boolean;
}

/**
 * @param encoding of the bytes that the texts are taken for: `latin1` where a character is a byte already
 * @throws PatternError
 */
export function patternTest(
  patterns: readonly TrustedPattern[],
  encoding: 'utf8' | 'latin1',
): PatternTest | undefined {
  if (patterns.length === 0) return undefined;
  const ours = patterns.filter(({ isOurs }) => isOurs).map(({ pattern }) => pattern);
  const natives = [
    ...together(
      ours.filter((pattern) => !pattern.startsWith('(?i)')),
      '',
    ),
    ...together(
      ours.filter((pattern) => pattern.startsWith('(?i)')).map((pattern) => pattern.slice(4)),
      'i',
    ),
  ];
  const linears = patterns.filter(({ isOurs }) => !isOurs).map(({ pattern }) => linearPattern(pattern));
  return (text, budget) => {
    if (natives.some((native) => native.test(text))) return true;
    if (linears.length === 0) return false;
    const bytes = Buffer.from(text, encoding);
    return linears.some((linear) => linear.find(bytes, 0, budget) !== undefined);
  };
}

function together(sources: readonly string[], flags: string): readonly RegExp[] {
  return sources.length === 0 ? [] : [new RegExp(sources.map((source) => `(?:${source})`).join('|'), flags)];
}
