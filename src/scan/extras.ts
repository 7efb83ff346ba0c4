import type { Analyzer } from '../analysis/analyzer.ts';
import { checkImageConfig } from '../analysis/filesystem/check-image-config.ts';
import { filesystemAnalyzer } from '../analysis/filesystem/filesystem-analyzer.ts';
import type { LicenseCategories } from '../analysis/licenses/categories.ts';
import { licenseAnalyzers } from '../analysis/licenses/license-analyzers.ts';
import { fileLicenseFindings, packageLicenseFindings } from '../analysis/licenses/license-findings.ts';
import { builtinSecretRules } from '../analysis/secrets/builtin-rules.ts';
import { findSecretsInImageConfig } from '../analysis/secrets/image-config.ts';
import { secretAnalyzer } from '../analysis/secrets/secret-analyzer.ts';
import { sourceAnalyzers } from '../ecosystems/source-list.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { Package } from '../model/package.ts';
import type { AnalyzerChoice } from './analyzer-choice.ts';

// What a scan of an image for vulnerabilities does not need. All of it is one file, which is loaded only when asked for.

export function extraAnalyzers(choice: AnalyzerChoice): readonly Analyzer[] {
  const { subject, scanners, secretRules, filesystemRules, fullLicenses = false } = choice;
  return [
    ...(subject === 'source' ? sourceAnalyzers : []),
    ...(scanners.includes('secret') ? [secretAnalyzer(secretRules ?? builtinSecretRules)] : []),
    ...(scanners.includes('license') ? licenseAnalyzers({ full: fullLicenses }) : []),
    ...(scanners.includes('misconfiguration') ? [filesystemAnalyzer(filesystemRules)] : []),
  ];
}

/** What is found without databases, besides what layers hold. */
export function extraFindings(
  { kind, config }: Image,
  packages: readonly Package[],
  { licenseFiles = [] }: Inventory,
  licenseCategories: LicenseCategories,
  { scanners, secretRules }: AnalyzerChoice,
): Finding[] {
  const isImage = kind === 'image';
  const findings: Finding[] = [];
  if (isImage && scanners.includes('secret')) findings.push(...findSecretsInImageConfig(config, secretRules));
  if (isImage && scanners.includes('misconfiguration')) findings.push(...checkImageConfig(config));
  if (scanners.includes('license')) {
    findings.push(...packageLicenseFindings(packages, licenseCategories));
    findings.push(...fileLicenseFindings(licenseFiles, licenseCategories));
  }
  return findings;
}
