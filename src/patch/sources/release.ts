import { readStanzas } from '../../ecosystems/deb/read-stanzas.ts';
import { untrusted } from './signed-text.ts';

/** A file that a release names. */
export interface ReleaseFile {
  readonly sizeBytes: number;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

/** What a verified release file says of itself and of its indexes. */
export interface Release {
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
  readonly codename: string;
  readonly version: string;
  readonly date: Date;
  readonly validUntil?: Date;
  readonly byHash: boolean;
  readonly architectures: readonly string[];
  readonly components: readonly string[];
  /** Packages for all architectures stand in the indexes of each. */
  readonly allWithinArchitectures: boolean;
  readonly notAutomatic: boolean;
  readonly butAutomaticUpgrades: boolean;
  /** By path below the release. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

const NAMES = [
  ...['origin', 'label', 'suite', 'codename', 'version', 'date', 'valid-until', 'acquire-by-hash'],
  ...[
    'architectures',
    'components',
    'no-support-for-architecture-all',
    'notautomatic',
    'butautomaticupgrades',
  ],
];
const FIELDS: ReadonlySet<string> = new Set(NAMES);
const MAX_FILES = 100_000;
const MAX_NAME_LENGTH = 200;

/**
 * Reads the signed text.
 * @throws DrydockError ARCHIVE_UNTRUSTED where what protects an archive is missing
 */
export function parseRelease(text: string, url: string): Release {
  const bytes = Buffer.from(text);
  const stanzas = [...readStanzas(bytes, FIELDS)];
  const [first] = stanzas;
  const files = filesIn(text);
  if (!first || stanzas.length > 1) throw untrusted(url, 'its text is not one paragraph of fields');
  const field = (name: string): string => (first.fields.get(name) ?? '').slice(0, MAX_NAME_LENGTH);
  const words = (name: string): string[] => (first.fields.get(name) ?? '').split(/\s+/).filter(Boolean);
  const date = toDate(field('date'));
  const validUntil = toDate(field('valid-until'));
  if (!date) throw untrusted(url, 'it does not say when it was made');
  if (field('valid-until') !== '' && !validUntil)
    throw untrusted(url, 'it does not say how long it is valid');
  if (files.size === 0) throw untrusted(url, 'it holds no SHA-256 sums');
  return {
    origin: field('origin'),
    label: field('label'),
    suite: field('suite'),
    codename: field('codename'),
    version: field('version'),
    date,
    ...(validUntil && { validUntil }),
    byHash: field('acquire-by-hash') === 'yes',
    architectures: words('architectures'),
    components: words('components'),
    allWithinArchitectures:
      !words('architectures').includes('all') ||
      words('no-support-for-architecture-all').includes('Packages'),
    notAutomatic: field('notautomatic') === 'yes',
    butAutomaticUpgrades: field('butautomaticupgrades') === 'yes',
    files,
  };
}

/** Day, month, year and time, in UTC alone; anything else is no date. */
function toDate(text: string): Date | undefined {
  if (
    !/^(?:[A-Za-z]{3}, )?\s?\d{1,2} [A-Za-z]{3} \d{4} \d{1,2}:\d{2}:\d{2} (?:UTC|GMT|Z|[+-]0000)$/.test(text)
  ) {
    return undefined;
  }
  const date = new Date(text.replace(/ Z$/, ' UTC'));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Lines of sum, size and path in the field `SHA256`. Of a path given twice none counts, as one of them must be wrong. */
function filesIn(text: string): ReadonlyMap<string, ReleaseFile> {
  const files = new Map<string, ReleaseFile>();
  const twice = new Set<string>();
  let isWithin = false;
  for (const line of text.split('\n')) {
    if (!/^[ \t]/.test(line)) {
      isWithin = /^sha256:/i.test(line);
      continue;
    }
    const [sha256 = '', size = '', path, ...more] = isWithin ? line.trim().split(/\s+/) : [];
    if (path === undefined || more.length > 0 || !/^[0-9a-f]{64}$/.test(sha256) || !/^\d{1,15}$/.test(size))
      continue;
    const known = files.get(path);
    if (known && (known.sha256 !== sha256 || known.sizeBytes !== Number(size))) twice.add(path);
    if (files.size >= MAX_FILES) break;
    files.set(path, { sha256, sizeBytes: Number(size) });
  }
  for (const path of twice) files.delete(path);
  return files;
}
