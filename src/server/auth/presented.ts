import type { IncomingHttpHeaders } from 'node:http';

const MAX_CHARS = 16 * 1024;

/**
 * The secret that a request shows: a bearer token, the password of a Basic login, or the value of one of the headers
 * (names in lower case). Undefined: it shows none. `unreadable`: it shows something that is none of these.
 */
export function presentedSecret(
  headers: IncomingHttpHeaders,
  ownHeaders: readonly string[],
): { readonly secret: string } | 'unreadable' | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) {
    const secret = authorization.length > MAX_CHARS ? undefined : fromAuthorization(authorization);
    return secret === undefined ? 'unreadable' : { secret };
  }
  for (const name of ownHeaders) {
    const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (value === undefined) continue;
    return typeof value === 'string' && value !== '' && value.length <= MAX_CHARS
      ? { secret: value }
      : 'unreadable';
  }
  return undefined;
}

function fromAuthorization(text: string): string | undefined {
  const space = text.indexOf(' ');
  if (space < 0) return undefined;
  const [scheme, rest] = [text.slice(0, space).toLowerCase(), text.slice(space).trim()];
  if (rest === '') return undefined;
  if (scheme === 'bearer') return rest;
  return scheme === 'basic' ? passwordOf(rest) : undefined;
}

/** A password may hold colons, a user name cannot. */
function passwordOf(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return password === '' ? undefined : password;
}
