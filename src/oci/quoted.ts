const MAX_SHOWN = 120;
/** C0 and C1 controls are escaped by JSON.stringify or here; so are the marks that turn text around. */
const DECEIVING = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Untrusted text for a message: quoted, cut, and with nothing a terminal would obey. */
export function quoted(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
  return JSON.stringify(cut).replace(
    DECEIVING,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** At most `max` of the texts, joined for a message. */
export function listed(texts: readonly string[], max = 30): string {
  const more = texts.length > max ? ` and ${texts.length - max} more` : '';
  return texts.slice(0, max).join(', ') + more;
}
