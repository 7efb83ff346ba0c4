import { readFile } from 'node:fs/promises';
import type { FilesystemRules } from '../analysis/filesystem/filesystem-rule.ts';
import type { LicenseCategories } from '../analysis/licenses/categories.ts';
import type { SecretRules } from '../analysis/secrets/secret-rule.ts';
import { DrydockError, hasErrno } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { systemReason } from '../config/system-reason.ts';
import type { AnalyzerChoice, ExtraScanner } from '../scan/analyzers.ts';

/** Trivy's words for what is looked for besides vulnerabilities. */
const EXTRA_SCANNERS: Readonly<Partial<Record<string, ExtraScanner>>> = {
  secret: 'secret',
  license: 'license',
  misconfig: 'misconfiguration',
};

/** Rules of one's own lie where Trivy looks for them, too. */
const SECRET_CONFIG = 'trivy-secret.yaml';

/** @param scanners what the settings say, unless somebody asked for something else */
export async function chooseWhatToLookFor(
  config: Config,
  scanners: readonly ExtraScanner[] = config.scanners.flatMap((name) => EXTRA_SCANNERS[name] ?? []),
): Promise<AnalyzerChoice> {
  const secretRules = scanners.includes('secret') ? await readSecretRules(config.secretConfig) : undefined;
  const isChecking = scanners.includes('misconfiguration') && config.checks !== undefined;
  return {
    subject: 'installed',
    scanners,
    ...(secretRules && { secretRules }),
    ...(config.licenseFull && scanners.includes('license') && { fullLicenses: true }),
    ...(isChecking && { filesystemRules: await readFilesystemRules(config.checks ?? '') }),
  };
}

/** Which licences are of which category, as far as the settings say. */
export function licenseCategoriesOf(config: Config): LicenseCategories {
  const told = {
    forbidden: config.licenseForbidden,
    restricted: config.licenseRestricted,
    reciprocal: config.licenseReciprocal,
    notice: config.licenseNotice,
    permissive: config.licensePermissive,
    unencumbered: config.licenseUnencumbered,
  };
  return Object.fromEntries(Object.entries(told).filter(([, names]) => names.length > 0));
}

async function readFilesystemRules(path: string): Promise<FilesystemRules> {
  const { loadFilesystemRules } = await import('./rules.ts');
  return loadFilesystemRules(await readText(path), path);
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  });
}

async function readSecretRules(named: string | undefined): Promise<SecretRules | undefined> {
  const path = named ?? SECRET_CONFIG;
  try {
    const text = await readFile(path, 'utf8');
    const { loadSecretConfig } = await import('./rules.ts');
    return loadSecretConfig(text, path);
  } catch (cause) {
    if (cause instanceof DrydockError) throw cause;
    if (named === undefined && hasErrno(cause, 'ENOENT')) return undefined;
    throw new DrydockError('CONFIG_INVALID', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  }
}
