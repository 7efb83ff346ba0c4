import { applyLayers } from '../../analysis/apply-layers.ts';
import type { LicenseCategories } from '../../analysis/licenses/categories.ts';
import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import type { Image } from '../../model/image.ts';
import type { Report } from '../../model/report.ts';
import { skippedLayers } from '../analyze-layers.ts';
import { chooseAnalyzers, type ExtraScanner } from '../analyzers.ts';
import { assess, type AssessOptions, type AssessParts } from '../assess.ts';

/** What a client that reads images itself wants of the judging; what it leaves open is as the server has it. */
export interface AssessmentWishes {
  readonly vulnerabilities?: boolean;
  readonly scanners?: readonly ExtraScanner[];
  readonly severitySources?: readonly string[];
  readonly licenseCategories?: LicenseCategories;
}

/**
 * Judges an image by layers that somebody else has read: the server's half of a scan with `--server`.
 *
 * @param options the server's own, which wishes go before
 */
export async function assessLayers(
  image: Image,
  layers: readonly AppliedLayer[],
  wishes: AssessmentWishes,
  options: AssessOptions,
  parts: AssessParts,
): Promise<Report> {
  const { scanners, ...others } = wishes;
  const analyzers = scanners ? await chooseAnalyzers({ subject: 'installed', scanners }) : parts.analyzers;
  const applied = applyLayers(layers, analyzers.list);
  const inventory = { ...applied, diagnostics: [...skippedLayers(image), ...applied.diagnostics] };
  return assess(image, inventory, { ...options, ...others }, { ...parts, analyzers });
}
