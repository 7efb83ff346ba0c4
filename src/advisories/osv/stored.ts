import { damagedTable } from '../../codec/sorted-table/layout.ts';
import type {
  Advisory,
  AdvisoryStatus,
  Cvss,
  Severity,
  VersionRange,
  Vulnerability,
} from '../../model/advisory.ts';
import { dataSourceById } from './data-sources.ts';

/** What the table holds of an advisory, as JSON, under {@link advisoryKey}. */
export interface StoredAdvisory {
  readonly id: string;
  /** The id of its data source. */
  readonly source: string;
  readonly vendorIds?: readonly string[];
  readonly aliases?: readonly string[];
  /** `introduced`, `fixed`, `lastAffected`. */
  readonly ranges: readonly (readonly [string | null, string | null, string | null])[];
  readonly patched?: readonly string[];
  readonly status?: AdvisoryStatus;
  readonly severity?: Severity | undefined;
}

/** What one source tells of a vulnerability, under {@link vulnerabilityKey}. */
export interface StoredDetails {
  readonly source: string;
  /** The least is heard first. */
  readonly rank: number;
  readonly title?: string;
  readonly description?: string;
  readonly severity?: Severity;
  readonly cvss?: Cvss;
  readonly cwes?: readonly string[];
  readonly references?: readonly string[];
  readonly publishedAt?: string;
  readonly modifiedAt?: string;
}

export function advisoryKey(ecosystem: string, name: string): string {
  return `a\0${ecosystem}\0${name}`;
}

export function vulnerabilityKey(id: string): string {
  return `v\0${id}`;
}

export function ecosystemKey(ecosystem: string): string {
  return `e\0${ecosystem}`;
}

const MAX_REFERENCES = 100;

/** @throws DrydockError DATABASE_CORRUPT */
export function readAdvisory(value: Uint8Array): Advisory {
  const { id, source, vendorIds, aliases, ranges, patched, status, severity } = parse(
    value,
  ) as Partial<StoredAdvisory>;
  if (typeof id !== 'string' || typeof source !== 'string' || !Array.isArray(ranges))
    throw damagedTable('an advisory in it is none');
  const dataSource = dataSourceById(source);
  return {
    id,
    vendorIds: vendorIds ?? [],
    ...(aliases && { aliases }),
    source: dataSource,
    affected: (ranges as StoredAdvisory['ranges']).map(toRange),
    status: status ?? (ranges.some(([, fixed]) => typeof fixed === 'string') ? 'fixed' : 'affected'),
    ...(patched && { patchedVersions: patched }),
    ...(severity && { severity, severitySource: dataSource.id }),
  };
}

function toRange([introduced, fixed, lastAffected]: StoredAdvisory['ranges'][number]): VersionRange {
  return {
    ...(introduced !== null && { introduced }),
    ...(fixed !== null && { fixed }),
    ...(lastAffected !== null && { lastAffected }),
  };
}

/** All that several sources tell of one vulnerability. @throws DrydockError DATABASE_CORRUPT */
export function readVulnerability(id: string, values: readonly Uint8Array[]): Vulnerability | undefined {
  if (values.length === 0) return undefined;
  const all = values.map(readDetails).toSorted((a, b) => a.rank - b.rank || byText(a.source, b.source));
  const first = <K extends keyof StoredDetails>(name: K): StoredDetails[K] | undefined =>
    all.find((details) => details[name] !== undefined)?.[name];
  const [title, description, severity] = [first('title'), first('description'), first('severity')];
  const [publishedAt, modifiedAt] = [first('publishedAt'), first('modifiedAt')];
  return {
    id,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(severity && { severity }),
    severityBySource: bySource(all, ({ severity }) => severity),
    cvssBySource: bySource(all, ({ cvss }) => cvss),
    cwes: [...new Set(all.flatMap(({ cwes = [] }) => cwes))],
    references: [...new Set(all.flatMap(({ references = [] }) => references))].slice(0, MAX_REFERENCES),
    ...(publishedAt !== undefined && { publishedAt }),
    ...(modifiedAt !== undefined && { modifiedAt }),
  };
}

function readDetails(value: Uint8Array): StoredDetails {
  const details = parse(value) as Partial<StoredDetails>;
  const { source, rank } = details;
  if (typeof source !== 'string' || typeof rank !== 'number')
    throw damagedTable('a vulnerability in it is none');
  return { ...details, source, rank };
}

function bySource<T>(
  all: readonly StoredDetails[],
  told: (details: StoredDetails) => T | undefined,
): Readonly<Record<string, T>> {
  const result = Object.create(null) as Record<string, T>;
  for (const details of all) {
    const value = told(details);
    if (value !== undefined) result[details.source] ??= value;
  }
  return result;
}

function parse(value: Uint8Array): object {
  try {
    const parsed: unknown = JSON.parse(
      Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8'),
    );
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // Told below.
  }
  throw damagedTable('a record in it is no JSON');
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
