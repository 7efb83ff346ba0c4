/** Characters that no text document shows: controls, marks that change the order of text, halves of pairs. */
const UNFIT =
  /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]|\p{Cs}/gu;

/** Untrusted text of several lines without characters that hide or move others. */
export function plainLines(text: string, maxChars: number): string {
  return cut(text.replace(/\r\n?/g, '\n').replace(UNFIT, '\ufffd'), maxChars);
}

/** Untrusted text on one line. */
export function plainLine(text: string, maxChars: number): string {
  // Cut twice, so that a huge text is not searched to its end.
  return cut(
    text
      .slice(0, maxChars * 4)
      .replace(UNFIT, '\ufffd')
      .replace(/\s+/g, ' ')
      .trim(),
    maxChars,
  );
}

/** At most so many UTF-16 units, no pair of which is torn. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const end = maxChars - 1;
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}
