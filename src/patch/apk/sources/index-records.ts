import { DrydockError } from '../../../base/errors.ts';
import { apk } from '../../../versions/apk.ts';
import { isName } from '../database/record.ts';

/** A package as an index names it. */
export interface IndexRecord {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly origin: string;
  /** `Q1` and the SHA-1 of the control part. */
  readonly identity: string;
  readonly sizeBytes: number;
  readonly depends: readonly string[];
  readonly provides: readonly string[];
  readonly installIf: readonly string[];
}

export interface IndexContents {
  readonly records: readonly IndexRecord[];
  /** When the newest package of the whole index was built, in seconds since 1970; 0 where nothing says so. */
  readonly newest: number;
}

const MAX_RECORDS = 100_000;
const MAX_RECORD_BYTES = 2 << 20;
const GAP = Buffer.from('\n\n');
const FIELD = /^[A-Za-z]:/;

/**
 * The packages of those names, and those that install themselves where others are, in the text of an index.
 *
 * @throws DrydockError ARCHIVE_LIMIT
 */
export function readIndexRecords(text: Buffer, wanted: ReadonlySet<string>): IndexContents {
  const records: IndexRecord[] = [];
  let newest = 0;
  for (let start = 0; start < text.length;) {
    const gap = text.indexOf(GAP, start);
    const end = gap < 0 ? text.length : gap;
    if (end - start > MAX_RECORD_BYTES) throw tooLarge(`a record of more than ${MAX_RECORD_BYTES} bytes`);
    const fields = fieldsOf(text.toString('utf8', start, end));
    start = end + GAP.length;
    const built = fields.get('t') ?? '';
    if (/^\d{1,11}$/.test(built)) newest = Math.max(newest, Number(built));
    if (!wanted.has(fields.get('P') ?? '') && !fields.has('i')) continue;
    const record = toRecord(fields);
    if (record) records.push(record);
    if (records.length > MAX_RECORDS) throw tooLarge(`more than ${MAX_RECORDS} packages that are asked for`);
  }
  return { records, newest };
}

function tooLarge(what: string): DrydockError {
  return new DrydockError('ARCHIVE_LIMIT', `an index of packages holds ${what}`);
}

function fieldsOf(record: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of record.split('\n')) if (FIELD.test(line)) fields.set(line.slice(0, 1), line.slice(2));
  return fields;
}

/** Undefined where something is missing without which it cannot be fetched and checked. */
function toRecord(fields: ReadonlyMap<string, string>): IndexRecord | undefined {
  const field = (letter: string): string => fields.get(letter) ?? '';
  const words = (letter: string): string[] =>
    field(letter)
      .split(' ')
      .filter((word) => word !== '');
  const [name, version, identity, size] = [field('P'), field('V'), field('C'), field('S')];
  const isWhole =
    isName(name) && apk.parse(version) && /^Q1[A-Za-z0-9+/]{27}=$/.test(identity) && /^\d{1,13}$/.test(size);
  const architecture = field('A');
  if (!isWhole || !/^[a-z0-9_]{0,32}$/.test(architecture)) return undefined;
  return {
    name,
    version,
    architecture,
    origin: field('o') || name,
    identity,
    sizeBytes: Number(size),
    depends: words('D'),
    provides: words('p'),
    installIf: words('i'),
  };
}
