const MAX_CHARS = 2000;

/** What RFC 3986 lets stand in an address, without brackets and apostrophes, which end one in other languages. */
const PLAIN = /^https?:\/\/(?:[A-Za-z0-9\-._~:/?#@!$&()*+,;=]|%[0-9A-Fa-f]{2})+$/i;

/** The text when it is an address of the web that may be shown as a link: never a script, never markup. */
export function httpLink(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MAX_CHARS && PLAIN.test(text) && URL.canParse(text)
    ? text
    : undefined;
}
