import type { Finding } from '../../model/finding.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { identifyJars } from '../../match/identify.ts';
import type { Wanted } from './remote-scanner.ts';

export interface OwnParts {
  /** Program and version. */
  readonly engine: string;
  readonly now: () => Date;
}

/** All that a report can say without advisories: what this side knows by itself. */
export async function unjudgedReport(
  image: Image,
  inventory: Inventory,
  { analyzers, licenseCategories }: Wanted,
  { engine, now }: OwnParts,
): Promise<Report> {
  const packages = identifyJars(inventory.packages, undefined);
  return {
    schema: 1,
    image,
    scannedAt: now().toISOString(),
    engine,
    advisoryDbs: [],
    ...(inventory.os && { os: inventory.os }),
    layerSizes: inventory.layerSizes,
    packages,
    findings: [
      ...inventory.findings,
      ...(await extras(image, packages, inventory, licenseCategories, analyzers.choice)),
    ],
    diagnostics: inventory.diagnostics,
  };
}

/**
 * What is wrong with an image's configuration. It is found on this side, whoever judges the layers, as the rules may be
 * of somebody's own.
 */
export async function configFindings(image: Image, { analyzers: { choice } }: Wanted): Promise<Finding[]> {
  const scanners = choice.scanners.filter((scanner) => scanner !== 'license');
  const nothing: Inventory = { schema: 1, layerSizes: {}, packages: [], findings: [], diagnostics: [] };
  return extras(image, [], nothing, {}, { ...choice, scanners });
}

/** As reports name the configuration's place. */
const CONFIG_PATH = 'config.json';

export function isOfConfig(finding: Finding): boolean {
  if (finding.kind === 'secret') return finding.path === CONFIG_PATH && finding.layer === undefined;
  return finding.kind === 'misconfiguration' && finding.subject === 'image-config';
}

async function extras(
  image: Image,
  packages: readonly Package[],
  inventory: Inventory,
  categories: Wanted['licenseCategories'],
  choice: Wanted['analyzers']['choice'],
): Promise<Finding[]> {
  if (choice.scanners.length === 0) return [];
  const { extraFindings } = await import('../extras.ts');
  return extraFindings(image, packages, inventory, categories ?? {}, choice);
}
