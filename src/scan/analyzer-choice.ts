import type { Analyzer } from '../analysis/analyzer.ts';
import type { FilesystemRules } from '../analysis/filesystem/filesystem-rule.ts';
import type { SecretRules } from '../analysis/secrets/secret-rule.ts';

/** What is looked for besides packages. */
export type ExtraScanner = NonNullable<Analyzer['scanner']>;

/** Which analyzers run, as plain data that can be handed to a thread. */
export interface AnalyzerChoice {
  /** Installed systems (images, root file systems) or trees of sources. */
  readonly subject: NonNullable<Analyzer['appliesTo']>;
  readonly scanners: readonly ExtraScanner[];
  /** What is a secret, if not what the built-in rules say. */
  readonly secretRules?: SecretRules;
  /** Licences of all texts and of the heads of source files, not of packages and licence files alone. */
  readonly fullLicenses?: boolean;
  /** What a file may not be, if not what the built-in rules say. */
  readonly filesystemRules?: FilesystemRules;
}
