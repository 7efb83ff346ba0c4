import type { AdvisorySource } from '../advisories/source.ts';
import { matchInventory } from '../match/match.ts';
import type { Inventory } from '../model/analysis.ts';
import type { Image } from '../model/image.ts';
import type { Report } from '../model/report.ts';

export interface AssessParts {
  readonly advisories: AdvisorySource;
  readonly engine: string;
  readonly now: () => Date;
}

/** Judges an inventory by the database in use. Reads nothing of the image. */
export async function assess(
  image: Image,
  inventory: Inventory,
  options: { readonly severitySources: readonly string[] },
  parts: AssessParts,
): Promise<Report> {
  await using store = await parts.advisories.open();
  const now = parts.now();
  const judged = matchInventory(inventory, store, { severitySources: options.severitySources, now });
  return {
    schema: 1,
    image,
    scannedAt: now.toISOString(),
    engine: parts.engine,
    advisoryDbs: [store.version],
    ...(inventory.os && { os: inventory.os }),
    endOfLife: judged.endOfLife,
    layerSizes: inventory.layerSizes,
    packages: inventory.packages,
    findings: judged.findings,
    diagnostics: [...inventory.diagnostics, ...judged.diagnostics],
  };
}
