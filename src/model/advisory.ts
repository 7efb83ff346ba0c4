export type Severity = 'UNKNOWN' | 'LOW' | 'MEDIUM' | 'HIGH' | 'CRITICAL';

export type AdvisoryStatus =
  | 'unknown'
  | 'not_affected'
  | 'affected'
  | 'fixed'
  | 'under_investigation'
  | 'will_not_fix'
  | 'fix_deferred'
  | 'end_of_life';

/** `introduced` inclusive, `fixed` exclusive, `lastAffected` inclusive; an absent end is open. */
export interface VersionRange {
  readonly introduced?: string;
  readonly fixed?: string;
  readonly lastAffected?: string;
}

/**
 * Alternatives in the ecosystem's own notation (`>=1.2, <1.4`). Affected when `vulnerable` holds (or is empty) and
 * neither `patched` nor `unaffected` does; an empty text among them means: affected whatever the version.
 */
export interface VersionConstraints {
  readonly vulnerable: readonly string[];
  readonly patched: readonly string[];
  readonly unaffected: readonly string[];
}

export interface DataSource {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly baseId?: string;
}

/** What one source says of one package and one vulnerability. */
export interface Advisory {
  /** The vulnerability: `CVE-…`, or the source's own id where there is none. */
  readonly id: string;
  /** Ids of the vendor's own announcements (`RHSA-…`, `ALSA-…`). */
  readonly vendorIds: readonly string[];
  /** Other ids of the same vulnerability, where the source names them. */
  readonly aliases?: readonly string[];
  readonly source?: DataSource;
  /** Affected when the installed version lies in any of them. One open range: affected whatever the version. */
  readonly affected: readonly VersionRange[];
  readonly status: AdvisoryStatus;
  /** Of language ecosystems: what is affected in the ecosystem's own notation of ranges, instead of `affected`. */
  readonly constraints?: VersionConstraints;
  /** What the source names as fixed versions, where its ranges do not tell them. */
  readonly patchedVersions?: readonly string[];
  /** Only where the source gives a severity for this very package; it wins over the vulnerability's own. */
  readonly severity?: Severity;
  readonly severitySource?: string;
  /** Only packages of these architectures are meant; absent or empty means all. */
  readonly architectures?: readonly string[];
}

export interface Cvss {
  readonly v2Vector?: string;
  readonly v2Score?: number;
  readonly v3Vector?: string;
  readonly v3Score?: number;
  readonly v40Vector?: string;
  readonly v40Score?: number;
}

/** What is known of a vulnerability whatever the package. */
export interface Vulnerability {
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  /** One word for all, where sources agree on no own. */
  readonly severity?: Severity;
  readonly severityBySource: Readonly<Record<string, Severity>>;
  readonly cvssBySource: Readonly<Record<string, Cvss>>;
  readonly cwes: readonly string[];
  readonly references: readonly string[];
  readonly publishedAt?: string;
  readonly modifiedAt?: string;
}

/** Names the exact data that answers came from. */
export interface AdvisoryDbVersion {
  readonly source: string;
  /** Digest of the database as distributed. Two equal digests give equal answers. */
  readonly digest: string;
  readonly builtAt: string;
  readonly nextUpdateAt?: string;
  /** The built-in sample, not real data. */
  readonly sample?: boolean;
  /** Where several databases answer as one: each of them, the first heard first. */
  readonly parts?: readonly AdvisoryDbVersion[];
}
