import { fieldOf, type Paragraph } from './paragraph.ts';

/** One line of the `Conffiles` field. */
export interface ConffileRecord {
  /** With a leading slash. */
  readonly path: string;
  /** MD5 as the package brought it, or one of dpkg's words for none. */
  readonly hash: string;
  readonly flags: readonly string[];
}

/** In the order in which dpkg writes them; what it does not know follows in the package's own order. */
const BEFORE_CONFFILES = [
  'Package',
  'Essential',
  'Protected',
  'Status',
  'Priority',
  'Section',
  'Installed-Size',
  'Origin',
  'Maintainer',
  'Bugs',
  'Architecture',
  'Multi-Arch',
  'Source',
  'Version',
  'Replaces',
  'Provides',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Suggests',
  'Breaks',
  'Conflicts',
  'Enhances',
] as const;
const RELATIONS: ReadonlySet<string> = new Set([
  'Replaces',
  'Provides',
  'Depends',
  'Pre-Depends',
  'Recommends',
  'Suggests',
  'Breaks',
  'Conflicts',
  'Enhances',
]);
const FLAGS: ReadonlySet<string> = new Set(['Essential', 'Protected']);
/** Known to dpkg, but not written for what is installed. */
const UNWRITTEN = [
  'Config-Version',
  'Conffiles',
  'Filename',
  'Size',
  'MD5sum',
  'MSDOS-Filename',
  'Description',
];
/** Old names of fields. */
const RENAMED: Readonly<Record<string, string>> = {
  'package-revision': 'Revision',
  package_revision: 'Revision',
  recommended: 'Recommends',
  optional: 'Suggests',
  class: 'Priority',
};
const KNOWN: ReadonlySet<string> = new Set(
  [...BEFORE_CONFFILES, ...UNWRITTEN, 'Triggers-Pending', 'Triggers-Awaited'].map((name) =>
    name.toLowerCase(),
  ),
);

/**
 * The paragraph of an installed package as dpkg writes it to its status file, without the empty line at its end.
 *
 * @param control of the new package
 * @param status as it stood: `install ok installed`, or on hold
 */
export function toStanza(control: Paragraph, status: string, conffiles: readonly ConffileRecord[]): string {
  const lines: string[] = [];
  for (const name of BEFORE_CONFFILES) {
    const value = name === 'Status' ? status : written(name, fieldOf(control, name));
    if (value !== undefined) lines.push(`${name}: ${value}`);
  }
  if (conffiles.length > 0) lines.push('Conffiles:', ...conffiles.map(toConffileLine));
  const description = fieldOf(control, 'Description');
  if (description !== undefined) lines.push(`Description: ${description}`);
  for (const [name, value] of control.fields) {
    const lower = name.toLowerCase();
    if (!KNOWN.has(lower) && RENAMED[lower] === undefined && value !== '') lines.push(`${name}: ${value}`);
  }
  return lines.join('\n');
}

function toConffileLine({ path, hash, flags }: ConffileRecord): string {
  return [` ${path}`, hash, ...flags].join(' ');
}

function written(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (FLAGS.has(name)) return value.toLowerCase() === 'yes' ? 'yes' : undefined;
  if (name === 'Multi-Arch') return value.toLowerCase() === 'no' ? undefined : value.toLowerCase();
  if (name === 'Version') return plainVersion(value);
  if (name === 'Priority') return value.toLowerCase();
  return RELATIONS.has(name) ? normaliseRelations(value) : value;
}

/** dpkg leaves out an epoch of zero. */
function plainVersion(version: string): string {
  return version.replace(/^0+:/, '');
}

/** `a (>=1)|b,c` as dpkg writes it: `a (>= 1) | b, c`. */
export function normaliseRelations(value: string): string {
  return value
    .split(',')
    .map((group) => group.split('|').map(normaliseRelation).join(' | '))
    .filter((group) => group !== '')
    .join(', ');
}

function normaliseRelation(text: string): string {
  const bare = text.replace(/\s+/g, ' ').trim();
  const open = bare.indexOf('(');
  if (open < 0) return bare;
  const close = bare.indexOf(')', open);
  const inside = bare.slice(open + 1, close < 0 ? undefined : close).trim();
  let length = 0;
  while (length < inside.length && '<>='.includes(inside.charAt(length))) length++;
  const operator = inside.slice(0, length);
  const sound = operator === '<' ? '<=' : operator === '>' ? '>=' : operator === '' ? '=' : operator;
  return `${bare.slice(0, open).trim()} (${sound} ${plainVersion(inside.slice(length).trim())})`;
}

/** The lines of a `Conffiles` field. Paths may hold spaces: the hash is what follows the last one but flags. */
export function parseConffiles(paragraph: Paragraph): ConffileRecord[] {
  return (fieldOf(paragraph, 'Conffiles') ?? '').split('\n').flatMap((line) => {
    const words = line.trim().split(' ');
    const flags: string[] = [];
    while (words.length > 2 && isFlag(words.at(-1))) flags.unshift(words.pop() ?? '');
    const hash = words.pop();
    const path = words.join(' ');
    return hash !== undefined && path.startsWith('/') ? [{ path, hash, flags }] : [];
  });
}

function isFlag(word: string | undefined): boolean {
  return word === 'obsolete' || word === 'remove-on-upgrade';
}
