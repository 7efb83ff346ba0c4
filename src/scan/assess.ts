import { enrich } from '../advisories/enrichment/enrich.ts';
import type { EnrichmentSource } from '../advisories/enrichment/source.ts';
import type { JavaDbSource } from '../advisories/java-db/source.ts';
import type { AdvisorySource } from '../advisories/source.ts';
import { identifyJars } from '../match/identify.ts';
import { matchInventory, type Matched } from '../match/match.ts';
import type { LicenseCategories } from '../analysis/licenses/categories.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Finding } from '../model/finding.ts';
import type { Image } from '../model/image.ts';
import type { Package } from '../model/package.ts';
import type { Report } from '../model/report.ts';
import type { AnalyzerChoice, ChosenAnalyzers } from './analyzers.ts';

export interface AssessParts {
  /** Which say what is looked for in the image's configuration, too. */
  readonly analyzers: ChosenAnalyzers;
  readonly advisories: AdvisorySource;
  /** Names jars that do not say what they are. */
  readonly javaDb?: JavaDbSource;
  /** What is known of vulnerabilities besides. */
  readonly enrichment?: EnrichmentSource;
  readonly engine: string;
  readonly now: () => Date;
}

export interface AssessOptions {
  /** False: nothing is compared with advisories, and no database is needed. */
  readonly vulnerabilities: boolean;
  readonly severitySources: readonly string[];
  /** Which licences are of which category, where that is not what most hold. */
  readonly licenseCategories?: LicenseCategories;
}

/** Judges an inventory by the databases in use. Reads nothing of the image. */
export async function assess(
  image: Image,
  inventory: Inventory,
  options: AssessOptions,
  parts: AssessParts,
): Promise<Report> {
  const now = parts.now();
  const judged = options.vulnerabilities
    ? await judge(inventory, options, now, parts)
    : { ...unjudged, packages: identifyJars(inventory.packages, undefined) };
  return {
    schema: 1,
    image,
    scannedAt: now.toISOString(),
    engine: parts.engine,
    advisoryDbs: judged.advisoryDbs,
    ...(inventory.os && { os: inventory.os }),
    ...(judged.endOfLife !== undefined && { endOfLife: judged.endOfLife }),
    layerSizes: inventory.layerSizes,
    packages: judged.packages,
    findings: [
      ...judged.findings,
      ...inventory.findings,
      ...(await otherFindings(image, judged.packages, inventory, options, parts.analyzers.choice)),
    ],
    diagnostics: [...inventory.diagnostics, ...judged.diagnostics],
  };
}

/** What databases say of an inventory. */
type Judged = Omit<Matched, 'endOfLife' | 'findings'> &
  Pick<Report, 'advisoryDbs' | 'packages' | 'findings'> & { readonly endOfLife?: boolean };

const unjudged: Omit<Judged, 'packages'> = { findings: [], diagnostics: [], advisoryDbs: [] };

async function judge(
  inventory: Inventory,
  { severitySources }: AssessOptions,
  now: Date,
  { advisories, javaDb, enrichment }: AssessParts,
): Promise<Judged> {
  await using store = await advisories.open();
  const packages = await identified(inventory.packages, javaDb);
  const matched = matchInventory({ ...inventory, packages }, store, { severitySources, now });
  const dbs = store.version.parts ?? [store.version];
  const javaVersion = await javaDb?.current();
  const advisoryDbs = [...dbs, ...(javaVersion ? [javaVersion] : [])];
  if (!enrichment) return { ...matched, packages, advisoryDbs };
  using known = await enrichment.open();
  const findings = enrich(matched.findings, known);
  return { ...matched, findings, packages, advisoryDbs: [...advisoryDbs, known.version] };
}

async function identified(
  packages: readonly Package[],
  javaDb: JavaDbSource | undefined,
): Promise<Package[]> {
  if (!javaDb) return identifyJars(packages, undefined);
  const opened = await javaDb.open();
  try {
    return identifyJars(packages, opened);
  } finally {
    opened.close();
  }
}

async function otherFindings(
  image: Image,
  packages: readonly Package[],
  inventory: Inventory,
  { licenseCategories = {} }: AssessOptions,
  choice: AnalyzerChoice,
): Promise<Finding[]> {
  if (choice.scanners.length === 0) return [];
  const { extraFindings } = await import('./extras.ts');
  return extraFindings(image, packages, inventory, licenseCategories, choice);
}
