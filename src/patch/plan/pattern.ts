import { parseGlob } from '../../base/glob.ts';

/** Whether a text fits a pattern of shells; unlike in paths, a slash is a character as any other. */
export function patternTest(pattern: string, text: string): boolean {
  if (!/[*?[\\{]/.test(pattern)) return pattern === text;
  return parseGlob(pattern.replaceAll('/', '\u0001'))?.(text.replaceAll('/', '\u0001')) ?? false;
}
