import { parseGlob } from '../../base/glob.ts';

/** Whether a text is one that stands for others. */
export function isPattern(text: string): boolean {
  return /[*?[\\{]/.test(text);
}

/** Whether a text fits a pattern of shells; unlike in paths, a slash is a character as any other. */
export function patternTest(pattern: string, text: string): boolean {
  return isPattern(pattern) ? patternOf(pattern)(text) : pattern === text;
}

/** The same for a pattern that many texts are held against. */
export function patternOf(pattern: string): (text: string) => boolean {
  if (!isPattern(pattern)) return (text) => pattern === text;
  const fits = parseGlob(pattern.replaceAll('/', '\u0001'));
  return (text) => fits?.(text.replaceAll('/', '\u0001')) ?? false;
}
