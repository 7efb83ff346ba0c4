import type { OsvEvent } from './ranges.ts';

/** A vulnerability as a record tells it, with what is not used left out. */
export interface OsvRecord {
  readonly id: string;
  /** Other names of the same. */
  readonly aliases: readonly string[];
  /** What a distribution's record is about. */
  readonly upstream: readonly string[];
  readonly related: readonly string[];
  readonly isWithdrawn: boolean;
  readonly publishedAt?: string;
  readonly modifiedAt?: string;
  readonly summary?: string;
  readonly details?: string;
  readonly severities: readonly OsvSeverity[];
  readonly severityWord?: string;
  readonly cwes: readonly string[];
  readonly references: readonly string[];
  readonly affected: readonly OsvAffected[];
}

export interface OsvSeverity {
  /** `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, `Ubuntu`. */
  readonly type: string;
  readonly score: string;
}

/** What is said of one package. */
export interface OsvAffected {
  readonly ecosystem: string;
  readonly name: string;
  /** Those that are told by versions, not by commits. */
  readonly ranges: readonly (readonly OsvEvent[])[];
  readonly versions: readonly string[];
  readonly severities: readonly OsvSeverity[];
  readonly severityWord?: string;
}
