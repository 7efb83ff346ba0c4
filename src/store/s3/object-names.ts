import { createHash } from 'node:crypto';

/** Objects' names may have 1024 bytes, of which a prefix takes some. */
const MAX_SPELLED = 700;
/** Behind every name, so that none ends in a way that a file system or an address would read differently. */
const END = '~v1';
const HASH_MARK = '~-';

/**
 * The name of a key's object: letters, digits, `_` and `-` as they are, `.` for `/`, everything else as `~` and
 * hexadecimal digits. So it needs no escapes in addresses and in lists, and a key's beginning is the beginning of its name. Of a
 * long key, only the beginning is spelled, and a digest stands for it.
 */
export function objectNameOf(key: string): string {
  const spelled = spell(key);
  if (spelled.length <= MAX_SPELLED) return spelled + END;
  return cut(spelled) + HASH_MARK + createHash('sha256').update(key).digest('hex') + END;
}

/** What the names of all keys with that beginning begin with. */
export function objectPrefixOf(prefix: string): string {
  const spelled = spell(prefix);
  return spelled.length <= MAX_SPELLED ? spelled : cut(spelled);
}

/** No `/`: servers that keep files refuse `//`, and what ends in `/`. */
function spell(key: string): string {
  let text = '';
  for (const byte of Buffer.from(key)) {
    const char = String.fromCharCode(byte);
    text += /[A-Za-z0-9_-]/.test(char) ? char : char === '/' ? '.' : `~${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

/** Never within an escape, so that a shorter prefix of the same key is cut to a beginning of this. */
function cut(spelled: string): string {
  const text = spelled.slice(0, MAX_SPELLED);
  return text.replace(/~[0-9a-f]?$/, '');
}
