import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { KnownExploited } from '../../model/finding.ts';
import { parseCsv } from './parse-csv.ts';

export interface KevCatalogue {
  /** When it was released, where it tells. */
  readonly releasedAt?: string;
  readonly entries: readonly (readonly [id: string, entry: KnownExploited])[];
  /** Rows that tell no vulnerability or no day. */
  readonly refused: number;
}

type Row = (name: string) => unknown;

const MAX_ROWS = 200_000;
const BOUNDS = { depth: 20, containers: 1_000_000 };
const CVE = /^CVE-[0-9]{4}-[0-9]{4,19}$/;
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

/**
 * Reads CISA's catalogue, as JSON or as CSV.
 *
 * @throws DrydockError DATABASE_CORRUPT when it is neither, DATABASE_LIMIT
 * @see https://www.cisa.gov/known-exploited-vulnerabilities-catalog
 */
export function parseKev(text: string, name: string): KevCatalogue {
  const isJson = /^\uFEFF?\s*\{/.test(text.slice(0, 1000));
  const { rows, releasedAt } = isJson ? jsonRows(text, name) : { rows: csvRows(text), releasedAt: undefined };
  const entries: (readonly [string, KnownExploited])[] = [];
  let refused = 0;
  for (const row of rows) {
    const entry = toEntry(row);
    if (entry) entries.push(entry);
    else refused++;
    if (entries.length + refused > MAX_ROWS)
      throw new DrydockError('DATABASE_LIMIT', `${name} has more than ${MAX_ROWS} entries`);
  }
  if (entries.length === 0)
    throw new DrydockError('DATABASE_CORRUPT', `${name} is no catalogue of exploited vulnerabilities`);
  return { entries, refused, ...(releasedAt !== undefined && { releasedAt }) };
}

function toEntry(row: Row): readonly [string, KnownExploited] | undefined {
  const [id, addedOn, dueOn] = [row('cveID'), row('dateAdded'), row('dueDate')];
  if (typeof id !== 'string' || !CVE.test(id) || typeof addedOn !== 'string' || !DAY.test(addedOn))
    return undefined;
  const isOfRansomware = row('knownRansomwareCampaignUse') === 'Known';
  return [
    id,
    {
      addedOn,
      ...(typeof dueOn === 'string' && DAY.test(dueOn) && { dueOn }),
      ...(isOfRansomware && { ransomware: true }),
    },
  ];
}

function jsonRows(
  text: string,
  name: string,
): { readonly rows: Iterable<Row>; readonly releasedAt?: string | undefined } {
  const { vulnerabilities, dateReleased } = parseJson(text, name);
  if (!Array.isArray(vulnerabilities))
    throw new DrydockError('DATABASE_CORRUPT', `${name} lists no vulnerabilities`);
  const isTime =
    typeof dateReleased === 'string' && dateReleased.length < 40 && !Number.isNaN(Date.parse(dateReleased));
  return {
    rows: vulnerabilities.map((item: unknown) => {
      const fields = isFields(item) ? item : {};
      return (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined);
    }),
    releasedAt: isTime ? dateReleased : undefined,
  };
}

function parseJson(text: string, name: string): Readonly<Record<string, unknown>> {
  if (!isWithinJsonBounds(Buffer.from(text), BOUNDS))
    throw new DrydockError('DATABASE_LIMIT', `${name} is nested too deep or has too many entries`);
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
    if (isFields(value)) return value;
  } catch {
    // The parser's message quotes the content.
  }
  throw new DrydockError('DATABASE_CORRUPT', `${name} is no JSON object`);
}

function* csvRows(text: string): Generator<Row> {
  const rows = parseCsv(text.replace(/^\uFEFF/, ''));
  const header = rows.next();
  if (header.done === true) return;
  const places = new Map(header.value.map((field, at) => [field.trim(), at]));
  for (const row of rows) yield (field) => row[places.get(field) ?? -1];
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
