/** More than any file that people write; far less than what takes a parser's memory. */
const MAX_DEPTH = 64;

/**
 * Whether text opens more brackets within each other than a parser should be given: the YAML library ends the process
 * on some thousands, which nothing can catch. Brackets in quoted text count too, so that nothing has to be parsed for it.
 */
export function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5b || unit === 0x7b) {
      if (++depth > MAX_DEPTH) return true;
    } else if ((unit === 0x5d || unit === 0x7d) && depth > 0) depth--;
  }
  return false;
}
