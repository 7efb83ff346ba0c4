import { normalizeLicense, readLicense } from './normalize-license.ts';

const COMMON_LICENSES = 'usr/share/common-licenses/';
const MAX_LINES = 100_000;
const MAX_LICENSES = 200;
const MAX_FIELDS = 1_000;
const MAX_LINE_CHARS = 2_000;

/**
 * The licences that a Debian copyright file states, each once: those of its `License` fields where it is
 * machine-readable (whole expressions, normalised), and the texts in `/usr/share/common-licenses` that it refers to.
 *
 * @see https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
 */
export function parseDebianCopyright(text: string): string[] {
  const found = new Set<string>();
  const references = new Set<string>();
  const fields = new Set<string>();
  for (const line of linesOf(text)) {
    const field = licenseField(line);
    if (field === undefined) for (const name of referencesIn(line)) references.add(name);
    else if (!fields.has(field) && fields.size < MAX_FIELDS) {
      fields.add(field);
      const name = nameIn(field);
      if (name !== '') found.add(name);
    }
    if (found.size + references.size > MAX_LICENSES) break;
  }
  return [...found, ...unsaid(references, found)];
}

function* linesOf(text: string): Iterable<string> {
  let start = 0;
  for (let count = 0; count < MAX_LINES && start < text.length; count++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    yield text.slice(start, Math.min(end, start + MAX_LINE_CHARS));
    start = end + 1;
  }
}

function licenseField(line: string): string | undefined {
  if (!/^licen[sc]e:/i.test(line)) return undefined;
  return line
    .slice('License:'.length)
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** A remark in parentheses or a phrase around the name says nothing of the licence. */
function nameIn(field: string): string {
  if (readLicense(field)) return normalizeLicense(field);
  const open = field.indexOf('(');
  const bare = (open < 0 ? field : field.slice(0, open))
    .trim()
    .replace(/ licen[sc]e$/i, '')
    .replace(/[.,;]$/, '');
  return normalizeLicense(bare === '' ? field : bare);
}

function* referencesIn(line: string): Iterable<string> {
  for (let at = line.indexOf(COMMON_LICENSES); at >= 0; at = line.indexOf(COMMON_LICENSES, at + 1)) {
    const name = /^[0-9A-Za-z_.+-]{1,64}/.exec(line.slice(at + COMMON_LICENSES.length, at + 100))?.[0];
    const trimmed = name?.replace(/[._-]+$/, '');
    if (trimmed) yield trimmed;
  }
}

/** References to the text of a licence that a field names are no news; the fields also know of `or later`. */
function unsaid(references: ReadonlySet<string>, said: ReadonlySet<string>): string[] {
  const families = new Set([...said].flatMap((name) => name.match(/[A-Za-z0-9.+-]+/g) ?? []).map(familyOf));
  const names = [...references].map((name) => normalizeLicense(name));
  return [...new Set(names)].filter((name) => !families.has(familyOf(name)));
}

function familyOf(id: string): string {
  return id.replace(/-(?:only|or-later)$/, '');
}
