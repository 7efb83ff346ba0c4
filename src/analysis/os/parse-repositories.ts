import type { OsClue } from '../../model/analysis.ts';

const MAX_LINES = 1_000;
const MAX_LINE_LENGTH = 4_096;

/**
 * The newest release that apk's untagged repositories speak of: `edge`, or `3.18` of `…/alpine/v3.18/main`.
 * Tagged ones (`@testing https://…`) only serve packages that ask for them by the tag.
 */
export function parseRepositories(text: string): OsClue | undefined {
  const releases = text
    .split(/\r?\n/, MAX_LINES)
    .map((line) => releaseOf(line.slice(0, MAX_LINE_LENGTH).trim()))
    .filter((release) => release !== undefined);
  if (releases.length === 0) return undefined;
  return { repositoryRelease: releases.reduce(newer) };
}

function releaseOf(line: string): string | undefined {
  if (!/^(?:https?|ftp):\/\//.test(line)) return undefined;
  // Mirrors put it below any path, and the component (`main`) follows it.
  return line
    .split('/')
    .slice(3, -1)
    .map((segment) => (segment === 'edge' ? segment : /^v([0-9]{1,4}\.[0-9]{1,4})$/.exec(segment)?.[1]))
    .findLast((release) => release !== undefined);
}

function newer(a: string, b: string): string {
  if (a === 'edge' || b === 'edge') return 'edge';
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return (majorA - majorB || minorA - minorB) >= 0 ? a : b;
}
