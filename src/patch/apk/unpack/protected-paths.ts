import { patternTest } from '../../plan/pattern.ts';

/** What apk protects by itself. */
const OWN = ['+etc', '@etc/init.d', '!etc/apk'];
const MAX_PATTERNS = 10_000;

interface Rule {
  readonly parts: readonly string[];
  readonly isProtected: boolean;
}

/**
 * Whether apk keeps changed files of a folder: the last rule that names it or a folder above it, the nearest first.
 *
 * @param lines of the files below `etc/apk/protected_paths.d`: `+path`, `@path`, `!path`, `-path`
 */
export function protectedFolders(lines: readonly string[]): (folder: string) => boolean {
  const rules = [...OWN, ...lines].slice(0, MAX_PATTERNS).flatMap(toRule);
  const known = new Map<string, boolean>([['', false]]);
  const isProtected = (folder: string): boolean => {
    const found = known.get(folder);
    if (found !== undefined) return found;
    const parts = folder.split('/');
    const rule = rules.findLast(
      (each) =>
        each.parts.length === parts.length &&
        each.parts.every((part, at) => patternTest(part, parts[at] ?? '')),
    );
    const above = folder.slice(0, Math.max(0, folder.lastIndexOf('/')));
    const answer = rule?.isProtected ?? isProtected(above);
    known.set(folder, answer);
    return answer;
  };
  return isProtected;
}

function toRule(line: string): Rule[] {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return [];
  const path = text.replace(/^[-+@!]/, '').replace(/^\/+|\/+$/g, '');
  return path === '' ? [] : [{ parts: path.split('/'), isProtected: !text.startsWith('-') }];
}
