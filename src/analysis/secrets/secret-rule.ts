import type { Severity } from '../../model/advisory.ts';

/** What is no secret after all. A rule with both needs only one of them to hold. */
export interface AllowRule {
  readonly id: string;
  readonly description: string;
  /** Holds for text that the rule's pattern has matched. RE2 syntax. */
  readonly pattern?: string;
  /** Holds for paths without a leading slash. RE2 syntax. */
  readonly path?: string;
}

/** How one kind of secret looks. Plain data: it is sent to threads and is part of cache keys. */
export interface SecretRule {
  readonly id: string;
  readonly category: string;
  readonly title: string;
  readonly severity: Severity;
  /** RE2 syntax. */
  readonly pattern: string;
  /** One of them must occur in the file, compared without case; none: every file is searched. */
  readonly keywords: readonly string[];
  /** The group that is the secret; absent: the whole match. */
  readonly secretGroupName?: string;
  /** Only files whose path matches are searched. RE2 syntax. */
  readonly path?: string;
  readonly allowRules?: readonly AllowRule[];
  /** Parts of a file in which the rule is silent. RE2 syntax. */
  readonly excludeBlocks?: readonly string[];
  /** Secrets of fewer bits per character are words and placeholders. */
  readonly entropy?: number;
  /**
   * Only for built-in rules: how many bytes before and behind a keyword a match can reach. Their patterns are run on
   * that stretch alone, by the regular expressions of the language, so they must be free of costly backtracking.
   */
  readonly reach?: readonly [before: number, behind: number];
}

/** Everything that says what is a secret. Plain data. */
export interface SecretRules {
  readonly rules: readonly SecretRule[];
  readonly allowRules: readonly AllowRule[];
  readonly excludeBlocks: readonly string[];
  /** Glob patterns of paths that are not read at all. */
  readonly skipPatterns: readonly string[];
}
