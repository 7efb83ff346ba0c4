import type { Severity } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';

/** Short names, which are classes of the style sheet and values of the filters. */
export const SEVERITY_KEYS: Readonly<Record<Severity, string>> = {
  CRITICAL: 'c',
  HIGH: 'h',
  MEDIUM: 'm',
  LOW: 'l',
  UNKNOWN: 'u',
};

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  CRITICAL: 'Critical',
  HIGH: 'High',
  MEDIUM: 'Medium',
  LOW: 'Low',
  UNKNOWN: 'Unknown',
};

export interface KindWords {
  readonly kind: Finding['kind'];
  readonly one: string;
  readonly many: string;
}

export const KINDS: readonly KindWords[] = [
  { kind: 'vulnerability', one: 'Vulnerability', many: 'Vulnerabilities' },
  { kind: 'secret', one: 'Secret', many: 'Secrets' },
  { kind: 'misconfiguration', one: 'Misconfiguration', many: 'Misconfigurations' },
  { kind: 'license', one: 'Licence', many: 'Licences' },
];
