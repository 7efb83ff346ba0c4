import { plainLine } from '../plain-text.ts';

/** Words that no renderer makes anything of. */
const HARMLESS = /^[A-Za-z0-9 ,.;()'%=+-]*$/;
/** What renderers link although it has no marks: addresses, issues, commits. */
const LINKED = /www\.|\bgh-[0-9]|\b[0-9a-f]{7,}\b/i;

/** Untrusted text that stays text: as it is where nothing can be made of it, else as code. Fit for a table. */
export function inlineText(text: string, maxChars: number): string {
  const line = plainLine(text, maxChars);
  return HARMLESS.test(line) && !LINKED.test(line) && !/^[-+=0-9]/.test(line)
    ? line
    : codeSpan(line, maxChars);
}

/**
 * Untrusted text as code: neither a mention nor a link nor HTML can come of it. A bar ends a cell of a table in code
 * too, so that it becomes a broken one.
 */
export function codeSpan(text: string, maxChars: number): string {
  const line = plainLine(text, maxChars).replaceAll('|', '¦');
  if (line === '') return '';
  let longest = 0;
  for (const [run] of line.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  const fence = '`'.repeat(longest + 1);
  return longest === 0 ? `\`${line}\`` : `${fence} ${line} ${fence}`;
}

/** An id, with a link where its form says whose it is. */
export function linkTo(id: string): string {
  const page = pageOf(id);
  return page === undefined ? codeSpan(id, 100) : `[${id}](${page})`;
}

function pageOf(id: string): string | undefined {
  if (/^CVE-[0-9]{4}-[0-9]{1,12}$/.test(id)) return `https://nvd.nist.gov/vuln/detail/${id}`;
  if (/^GHSA(?:-[0-9a-z]{4}){3}$/.test(id)) return `https://github.com/advisories/${id}`;
  return undefined;
}
