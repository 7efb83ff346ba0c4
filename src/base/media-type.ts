/** A media type, taken apart. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  /** By name in lower case, in the order of their names. */
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_CHARS = 1024;
const ESSENCE = /^[!#$%&'*+\-.^_`|~0-9a-z]+\/[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** Undefined for what is none. Blanks and the order of parameters do not matter. */
export function parseMediaType(text: string): MediaType | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const [first = '', ...rest] = text.split(';');
  const essence = first.trim().toLowerCase();
  if (!ESSENCE.test(essence)) return undefined;
  const parameters = new Map<string, string>();
  for (const part of rest) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    const name = part.slice(0, Math.max(at, 0)).trim().toLowerCase();
    if (!NAME.test(name) || parameters.has(name)) return undefined;
    parameters.set(name, unquoted(part.slice(at + 1).trim()));
  }
  return { essence, parameters: new Map([...parameters].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

/**
 * The one spelling of all that mean the same: lower case, parameters sorted, one space after each semicolon.
 * Undefined for what is no media type.
 */
export function normalMediaType(text: string): string | undefined {
  const type = parseMediaType(text);
  if (!type) return undefined;
  return [type.essence, ...[...type.parameters].map(([name, value]) => `${name}=${value}`)].join('; ');
}
