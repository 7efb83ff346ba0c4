import { DrydockError } from '../../base/errors.ts';
import { isWithinJsonBounds } from '../../codec/bounded-json.ts';
import type { OsvEvent } from './ranges.ts';
import type { OsvAffected, OsvRecord, OsvSeverity } from './record.ts';

/** Kernel records of distributions have some megabytes. */
export const MAX_RECORD_BYTES = 32 << 20;
const JSON_BOUNDS = { depth: 64, containers: 1_000_000 };
const MAX_AFFECTED = 20_000;
const MAX_RANGES = 1000;
const MAX_EVENTS = 10_000;
const MAX_VERSIONS = 20_000;
const MAX_IDS = 2000;
const MAX_CWES = 50;
const MAX_REFERENCES = 100;
const MAX_SEVERITIES = 20;
const MAX_SUMMARY_LENGTH = 1000;
const MAX_DETAILS_LENGTH = 16_000;
const MAX_NAME_LENGTH = 1000;
const MAX_VERSION_LENGTH = 300;
const MAX_URL_LENGTH = 2000;

const ID = /^[!-~]{1,120}$/;
const decoder = new TextDecoder('utf-8', { fatal: true });

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads a record. What it holds of other kinds than the schema says is passed over where nothing depends on it.
 *
 * @throws DrydockError DATABASE_CORRUPT when it is none, DATABASE_LIMIT when it says more than any honest one
 * @see https://ossf.github.io/osv-schema/
 */
export function parseRecord(bytes: Uint8Array): OsvRecord {
  const fields = parseFields(bytes);
  const id = fields['id'];
  if (typeof id !== 'string' || !ID.test(id)) return refuse('it has no id');
  const publishedAt = timeOf(fields['published']);
  const modifiedAt = timeOf(fields['modified']);
  const summary = textOf(fields['summary'], MAX_SUMMARY_LENGTH);
  const details = textOf(fields['details'], MAX_DETAILS_LENGTH);
  const specific = fieldsOf(fields['database_specific']);
  const word = textOf(specific['severity'], 40);
  return {
    id,
    aliases: idsOf(fields['aliases']),
    upstream: idsOf(fields['upstream']),
    related: idsOf(fields['related']),
    isWithdrawn: typeof fields['withdrawn'] === 'string',
    ...(publishedAt !== undefined && { publishedAt }),
    ...(modifiedAt !== undefined && { modifiedAt }),
    ...(summary !== undefined && { summary }),
    ...(details !== undefined && { details }),
    severities: severitiesOf(fields['severity']),
    ...(word !== undefined && { severityWord: word }),
    cwes: cwesOf(specific),
    references: referencesOf(fields['references']),
    affected: listOf(fields['affected'], MAX_AFFECTED, 'affected').flatMap((item) => affectedOf(item) ?? []),
  };
}

function parseFields(bytes: Uint8Array): Fields {
  if (bytes.length > MAX_RECORD_BYTES) tooMuch(`more than ${MAX_RECORD_BYTES} bytes`);
  if (!isWithinJsonBounds(bytes, JSON_BOUNDS)) tooMuch('too deep or too many lists and objects');
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(bytes));
  } catch {
    // The parser's message quotes the content.
    return refuse('it is no JSON');
  }
  return isFields(value) ? value : refuse('it is no object');
}

function affectedOf(value: unknown): OsvAffected | undefined {
  const fields = fieldsOf(value);
  const { ecosystem, name } = fieldsOf(fields['package']);
  if (typeof ecosystem !== 'string' || typeof name !== 'string') return undefined;
  if (name === '' || name.length > MAX_NAME_LENGTH || name.includes('\0')) return undefined;
  const ranges = listOf(fields['ranges'], MAX_RANGES, 'ranges').flatMap((range) => {
    const { type, events } = fieldsOf(range);
    if (type !== 'ECOSYSTEM' && type !== 'SEMVER') return [];
    const turns = listOf(events, MAX_EVENTS, 'events').flatMap(eventsOf);
    return turns.length > 0 ? [turns] : [];
  });
  // With ranges they are only listed one by one what the ranges hold.
  const versions = ranges.length > 0 ? [] : listOf(fields['versions'], MAX_VERSIONS, 'versions');
  const severityWord =
    textOf(fieldsOf(fields['ecosystem_specific'])['severity'], 40) ??
    textOf(fieldsOf(fields['ecosystem_specific'])['urgency'], 40) ??
    textOf(fieldsOf(fields['database_specific'])['severity'], 40);
  return {
    ecosystem,
    name,
    ranges,
    versions: versions.filter(isVersion),
    severities: severitiesOf(fields['severity']),
    ...(severityWord !== undefined && { severityWord }),
  };
}

function eventsOf(value: unknown): OsvEvent[] {
  const { introduced, fixed, last_affected: lastAffected, limit } = fieldsOf(value);
  const events: OsvEvent[] = [];
  if (isVersion(introduced)) events.push({ kind: 'introduced', version: introduced });
  if (isVersion(fixed)) events.push({ kind: 'fixed', version: fixed });
  if (isVersion(lastAffected)) events.push({ kind: 'lastAffected', version: lastAffected });
  if (isVersion(limit)) events.push({ kind: 'limit', version: limit });
  return events;
}

function isVersion(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_VERSION_LENGTH;
}

function severitiesOf(value: unknown): OsvSeverity[] {
  return listOf(value, MAX_SEVERITIES, 'severity').flatMap((item) => {
    const { type, score } = fieldsOf(item);
    return typeof type === 'string' && typeof score === 'string' && type.length <= 20 && score.length <= 400
      ? [{ type, score }]
      : [];
  });
}

function idsOf(value: unknown): string[] {
  const ids = listOf(value, MAX_IDS, 'ids').filter((id) => typeof id === 'string' && ID.test(id));
  return [...new Set(ids as string[])];
}

function cwesOf(specific: Fields): string[] {
  const listed = [specific['cwe_ids'], specific['cwes']].flatMap((list): unknown[] =>
    Array.isArray(list) ? list : [],
  );
  const ids = listed
    .slice(0, MAX_CWES)
    .map((item: unknown) => (isFields(item) ? item['cweId'] : item))
    .filter((id) => typeof id === 'string' && /^CWE-[0-9]{1,6}$/.test(id));
  return [...new Set(ids as string[])];
}

function referencesOf(value: unknown): string[] {
  const urls = (Array.isArray(value) ? value : [])
    .slice(0, MAX_REFERENCES)
    .map((item: unknown) => fieldsOf(item)['url'])
    .filter((url) => typeof url === 'string' && url.length <= MAX_URL_LENGTH && /^https?:\/\//i.test(url));
  return [...new Set(urls as string[])];
}

function timeOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > 40) return undefined;
  return Number.isNaN(Date.parse(value)) ? undefined : value;
}

/** Cut where it is longer. */
function textOf(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  return value.length > maxLength ? `${value.slice(0, maxLength)}…` : value;
}

/** To read a part of a list that decides who is affected would leave some out in silence. */
function listOf(value: unknown, maxLength: number, what: string): readonly unknown[] {
  if (!Array.isArray(value)) return [];
  return value.length > maxLength ? tooMuch(`more than ${maxLength} in ${what}`) : value;
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(problem: string): never {
  throw new DrydockError('DATABASE_CORRUPT', problem);
}

function tooMuch(problem: string): never {
  throw new DrydockError('DATABASE_LIMIT', problem);
}
