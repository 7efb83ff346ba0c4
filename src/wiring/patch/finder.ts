import { readFile } from 'node:fs/promises';
import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { Config } from '../../config/schema.ts';
import { systemReason } from '../../config/system-reason.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Report } from '../../model/report.ts';
import type { ImageSource } from '../../oci/source.ts';
import { readFindings } from '../../patch/findings/read-findings.ts';
import type { FindVulnerabilities } from '../../patch/patch-image.ts';
import type { LocalScanning } from '../scanning.ts';

/** Tells what images suffer from, before and after. */
export interface Finder {
  readonly before: FindVulnerabilities;
  /** Absent where there is no database to scan the result by. */
  readonly after?: FindVulnerabilities;
  /** As `after`, with all else that the scan says. */
  readonly report?: (source: ImageSource, options: Signal) => Promise<Report>;
  /** What is found is what a report names, which may leave things out. */
  readonly isTold: boolean;
}

export interface FinderOptions extends Signal {
  /** What of a report is to be fixed. */
  readonly select: (report: Report) => Report;
}

export async function openFinder(
  config: Config,
  scanning: LocalScanning,
  { select, signal }: FinderOptions,
): Promise<Finder> {
  const report: Finder['report'] = async (source, options) =>
    select(await scanning.scanSource(source, true, options));
  const scan: FindVulnerabilities = async (_image, source, isWhole, o) =>
    vulnerabilitiesOf(select(await scanning.scanSource(source, isWhole, o)));
  if (config.report === undefined) {
    await scanning.prepareDatabase({ signal });
    return { before: scan, after: scan, report, isTold: false };
  }
  const told = readFindings(await readReport(config.report), config.report);
  const isReady = await scanning.prepareDatabase({ signal }).then(
    () => true,
    () => false,
  );
  const before: FindVulnerabilities = () => Promise.resolve(told);
  return { before, isTold: true, ...(isReady && { after: scan, report }) };
}

export function vulnerabilitiesOf({ findings }: Report): readonly VulnerabilityFinding[] {
  return findings.filter((finding) => finding.kind === 'vulnerability');
}

async function readReport(path: string): Promise<Uint8Array> {
  return await readFile(path).catch((cause: unknown) => {
    throw new DrydockError('REPORT_INVALID', `cannot read report ${path}: ${systemReason(cause)}`, { cause });
  });
}
