import { shareAdvisories } from '../../crawler/shared-advisories.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { Image } from '../../model/image.ts';
import { assessAgain, type JudgeParts, type Scanned, type ScanOptions } from '../../scan/scan-image.ts';
import type { ReportCache } from '../../store/reports.ts';
import { licenseCategoriesOf } from '../choice.ts';
import type { Databases } from '../database-set.ts';
import type { Run } from '../run.ts';
import type { AnalyzerSets } from './analyzer-sets.ts';

/** What judges inventories, by the databases in use and the settings of the server. */
export interface Judging extends AsyncDisposable {
  readonly parts: JudgeParts;
  readonly options: ScanOptions;
  /**
   * Judges again what is known, by the databases in use now, and remembers the report.
   *
   * @param analyzers fingerprint of those by which it is known; undefined comes of those that are not used any more
   */
  readonly assess: (image: Image, inventory: Inventory, analyzers: string) => Promise<Scanned | undefined>;
}

export function openJudging({
  run,
  databases,
  reports,
  sets,
}: {
  readonly run: Run;
  readonly databases: Databases;
  readonly reports: ReportCache;
  readonly sets: Pick<AnalyzerSets, 'own' | 'byFingerprint'>;
}): Judging {
  const { config } = run.loaded;
  const advisories = shareAdvisories(databases.advisories);
  const parts: JudgeParts = {
    analyzers: sets.own,
    reports,
    advisories,
    ...(databases.java && { javaDb: databases.java }),
    ...(databases.enrichment && { enrichment: databases.enrichment }),
    engine: `drydock/${run.version}`,
    now: () => new Date(),
  };
  const options: ScanOptions = {
    vulnerabilities: config.scanners.includes('vuln'),
    severitySources: config.vulnSeveritySource,
    licenseCategories: licenseCategoriesOf(config),
  };
  return {
    parts,
    options,
    async assess(image, inventory, analyzers) {
      const set = await sets.byFingerprint(analyzers);
      return set && (await assessAgain(image, inventory, options, { ...parts, analyzers: set }));
    },
    [Symbol.asyncDispose]: () => advisories[Symbol.asyncDispose](),
  };
}
