import { plainLines } from '../plain-text.ts';

/** A piece of HTML. Made only by {@link markup}, so that no text becomes one by mistake. */
export interface Markup {
  readonly html: string;
}

type Part = string | number | Markup | undefined | readonly Part[];

/** HTML from a template in which every text that is put in stays text; pieces of HTML stay what they are. */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let html = strings[0] ?? '';
  for (const [index, part] of parts.entries()) html += render(part) + (strings[index + 1] ?? '');
  return { html };
}

/** Longer texts are cut: a page is read by people. */
const MAX_CHARS = 4000;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function render(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return htmlText(plainLines(part, MAX_CHARS));
  if ('html' in part) return part.html;
  return part.map(render).join('');
}

/** Untrusted text as content of an element or of an attribute in quotes. */
export function htmlText(text: string): string {
  return text.replace(/[&<>"'`]/g, (char) => ENTITIES[char] ?? char);
}
