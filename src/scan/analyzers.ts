import { fingerprint, type Analyzer } from '../analysis/analyzer.ts';
import { fileAnalyzers } from '../analysis/list.ts';
import type { FilesystemRules } from '../analysis/filesystem/filesystem-rule.ts';
import type { SecretRules } from '../analysis/secrets/secret-rule.ts';
import { ecosystems, mixedAnalyzers } from '../ecosystems/list.ts';

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

export interface ChosenAnalyzers {
  readonly choice: AnalyzerChoice;
  readonly list: readonly Analyzer[];
  readonly fingerprint: string;
}

/** What most scans do not need is not even loaded. */
export async function chooseAnalyzers(choice: AnalyzerChoice): Promise<ChosenAnalyzers> {
  const all = [
    ...fileAnalyzers,
    ...ecosystems.flatMap((ecosystem) => ecosystem.analyzers),
    ...mixedAnalyzers,
    ...(choice.subject === 'source' ? await loadSourceAnalyzers() : []),
    ...(choice.scanners.includes('secret') ? [await loadSecretAnalyzer(choice)] : []),
    ...(choice.scanners.includes('license') ? await loadLicenseAnalyzers(choice) : []),
    ...(choice.scanners.includes('misconfiguration') ? [await loadFilesystemAnalyzer(choice)] : []),
  ];
  const list = all.filter(
    ({ appliesTo, scanner }) =>
      (appliesTo === undefined || appliesTo === choice.subject) &&
      (scanner === undefined || choice.scanners.includes(scanner)),
  );
  return { choice, list, fingerprint: fingerprint(list) };
}

async function loadSourceAnalyzers(): Promise<readonly Analyzer[]> {
  return (await import('../ecosystems/source-list.ts')).sourceAnalyzers;
}

async function loadLicenseAnalyzers({ fullLicenses = false }: AnalyzerChoice): Promise<readonly Analyzer[]> {
  const { licenseAnalyzers } = await import('../analysis/licenses/license-analyzers.ts');
  return licenseAnalyzers({ full: fullLicenses });
}

async function loadFilesystemAnalyzer({ filesystemRules }: AnalyzerChoice): Promise<Analyzer> {
  const { filesystemAnalyzer } = await import('../analysis/filesystem/filesystem-analyzer.ts');
  return filesystemAnalyzer(filesystemRules);
}

async function loadSecretAnalyzer({ secretRules }: AnalyzerChoice): Promise<Analyzer> {
  const [{ secretAnalyzer }, { builtinSecretRules }] = await Promise.all([
    import('../analysis/secrets/secret-analyzer.ts'),
    import('../analysis/secrets/builtin-rules.ts'),
  ]);
  return secretAnalyzer(secretRules ?? builtinSecretRules);
}
