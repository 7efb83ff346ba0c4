import type { AdvisoryStatus, DataSource, Severity, Vulnerability } from './advisory.ts';
import type { Digest } from './image.ts';
import type { Package } from './package.ts';

/** The layer in which something was found. */
export interface FoundIn {
  readonly digest: Digest;
  readonly diffId: Digest;
}

export interface VulnerabilityFinding {
  readonly kind: 'vulnerability';
  readonly id: string;
  readonly package: Package;
  /** The version that was compared and is shown. */
  readonly installedVersion: string;
  readonly fixedVersion?: string;
  readonly status: AdvisoryStatus;
  readonly severity: Severity;
  /** Which source's severity was chosen; absent for the database's own. */
  readonly severitySource?: string;
  readonly vendorIds: readonly string[];
  readonly dataSource?: DataSource;
  readonly primaryUrl?: string;
  readonly vulnerability: Vulnerability;
  /** Attackers are known to use it. */
  readonly exploited?: KnownExploited;
  /** How likely it is to be used within 30 days. */
  readonly epss?: Epss;
}

/** An entry of CISA's catalogue of known exploited vulnerabilities. */
export interface KnownExploited {
  /** `YYYY-MM-DD`. */
  readonly addedOn: string;
  readonly dueOn?: string;
  readonly ransomware?: true;
}

/** A score of the Exploit Prediction Scoring System. */
export interface Epss {
  /** From 0 to 1. */
  readonly score: number;
  readonly percentile: number;
  /** `YYYY-MM-DD`. */
  readonly date?: string;
}

/** A line of a file around a secret, masked. */
export interface CodeLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** It holds the secret or a part of it. */
  readonly isCause: boolean;
}

/** A secret in a file, masked from the moment it was found: nothing of it is kept. */
export interface SecretFinding {
  readonly kind: 'secret';
  readonly ruleId: string;
  readonly category: string;
  readonly title: string;
  readonly severity: Severity;
  /** Without a leading slash. */
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  /** The line with the secret masked, at most 100 characters. */
  readonly match: string;
  readonly code: readonly CodeLine[];
  readonly layer?: FoundIn;
  /** A later layer removes or replaces the file: whoever pulls the image can read it all the same. */
  readonly isDeleted?: true;
}

export type LicenseCategory =
  'forbidden' | 'restricted' | 'reciprocal' | 'notice' | 'permissive' | 'unencumbered' | 'unknown';

/** A licence of a package, or of a file that belongs to none. */
export interface LicenseFinding {
  readonly kind: 'license';
  /** SPDX id or expression; what is none stands as it was written. */
  readonly name: string;
  readonly category: LicenseCategory;
  readonly severity: Severity;
  /** Absent for a file. */
  readonly package?: Package;
  /** Absent for a package's own word. */
  readonly path?: string;
  /** From 0 to 1. */
  readonly confidence: number;
  readonly link?: string;
  readonly layer?: FoundIn;
}

/** Something of the file system or of the image's configuration that a rule speaks against. */
export interface MisconfigurationFinding {
  readonly kind: 'misconfiguration';
  readonly ruleId: string;
  readonly title: string;
  readonly description: string;
  /** What was found, in one sentence. */
  readonly message: string;
  readonly resolution: string;
  readonly severity: Severity;
  readonly subject: 'file' | 'image-config';
  /** Of a file. */
  readonly path?: string;
  readonly references: readonly string[];
  /** Of a file whose mode or place the rule is about. */
  readonly entry?: FileAttributes;
  readonly layer?: FoundIn;
}

/** What an entry of a layer says of itself. */
export interface FileAttributes {
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
}

export type Finding = VulnerabilityFinding | SecretFinding | LicenseFinding | MisconfigurationFinding;
