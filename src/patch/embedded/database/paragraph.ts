/** Fields in the order they stand, names as written; values as in the file, continuation lines with their space. */
export interface Paragraph {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** By lower-case name; the first one counts. */
  readonly values: ReadonlyMap<string, string>;
}

/** The status of a full system has a megabyte or two. */
export const MAX_STATUS_BYTES = 256 << 20;

/**
 * One paragraph of a control file: `Name: value` and continuation lines.
 *
 * @see deb822(5)
 */
export function parseParagraph(text: string): Paragraph {
  const fields: (readonly [string, string])[] = [];
  let open: { name: string; lines: string[] } | undefined;
  const close = (): void => {
    if (open) fields.push([open.name, open.lines.join('\n').trimEnd()]);
  };
  for (const line of text.split('\n')) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      open?.lines.push(line.trimEnd());
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0 || line.startsWith('#')) continue;
    close();
    open = { name: line.slice(0, colon).trimEnd(), lines: [line.slice(colon + 1).trim()] };
  }
  close();
  const values = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    if (!values.has(key)) values.set(key, value);
  }
  return { fields, values };
}

/** Paragraphs as they stand, without the empty lines between them. */
export function splitParagraphs(text: string): string[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((block) => {
    const bare = block.replace(/^\n+/, '').replace(/\n+$/, '');
    return bare === '' ? [] : [bare];
  });
}

/** A field by its name, in any case; undefined where it is missing or empty. */
export function fieldOf({ values }: Paragraph, name: string): string | undefined {
  const value = values.get(name.toLowerCase());
  return value === undefined || value === '' ? undefined : value;
}
