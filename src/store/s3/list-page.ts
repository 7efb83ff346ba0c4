export interface ListPage {
  readonly names: readonly string[];
  /** Undefined on the last page. */
  readonly next: string | undefined;
}

/** More than a page may hold. */
const MAX_NAMES = 10_000;

/**
 * What of an answer to ListObjectsV2 is needed. Our own names have no character that XML or an address would escape, and
 * others are of no concern.
 */
export function parseListPage(xml: string): ListPage {
  const names: string[] = [];
  for (let at = 0; names.length < MAX_NAMES;) {
    const [name, after] = between(xml, '<Key>', '</Key>', at);
    if (name === undefined) break;
    names.push(name);
    at = after;
  }
  const [isTruncated] = between(xml, '<IsTruncated>', '</IsTruncated>', 0);
  const [next] = between(xml, '<NextContinuationToken>', '</NextContinuationToken>', 0);
  return { names, next: isTruncated?.trim() === 'true' && next ? unescape(next) : undefined };
}

/** The code within an error's body: `SlowDown`, `AccessDenied`. */
export function parseErrorCode(xml: string): string | undefined {
  const [code] = between(xml.slice(0, 4096), '<Code>', '</Code>', 0);
  return code && /^[A-Za-z0-9.]{1,80}$/.test(code) ? code : undefined;
}

function between(
  text: string,
  start: string,
  end: string,
  from: number,
): readonly [text: string | undefined, after: number] {
  const begin = text.indexOf(start, from);
  if (begin < 0) return [undefined, from];
  const stop = text.indexOf(end, begin + start.length);
  if (stop < 0) return [undefined, from];
  return [text.slice(begin + start.length, stop), stop + end.length];
}

function unescape(text: string): string {
  const CHARS: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => CHARS[name] ?? '');
}
