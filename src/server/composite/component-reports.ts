import type { ScanKey } from '../../model/report.ts';
import type { Report } from '../../model/report.ts';
import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { underName } from '../api/tell-report.ts';
import { frameOf, localReport } from './local-report.ts';
import { RESULT_SECONDS, type CompositeParts } from './parts.ts';

export const EXPIRED = {
  code: 'RESULT_EXPIRED',
  message: 'the report is not kept any more: scan the artifact again',
  retryable: false,
} as const;

/** Reports of parts, as far as they are there; what is missing of those that are done is not kept any more. */
export type LoadedReports = (component: ComponentLook) => Iterable<string> | undefined;

/** Loads the reports of parts that are done; what several parts are told from is loaded once. */
export async function loadReports(
  { record }: CompositeLook,
  components: readonly ComponentLook[],
  parts: CompositeParts,
): Promise<LoadedReports> {
  const stored = new Map<string, Promise<Report | undefined>>();
  const findOnce = (key: ScanKey): Promise<Report | undefined> => {
    const name = JSON.stringify(key);
    const asked = stored.get(name) ?? parts.reports.find(key);
    stored.set(name, asked);
    return asked;
  };

  async function load({ record: component, end }: ComponentLook): Promise<Iterable<string> | undefined> {
    if (end?.state !== 'completed' || isExpired(end.finishedAt, parts)) return undefined;
    if (end.result !== undefined) {
      const text = (await parts.results.findResult(end.result))?.text;
      return text === undefined ? undefined : [text];
    }
    const report = end.report && (await findOnce(end.report));
    if (!report) return undefined;
    const frame = frameOf(record, end.finishedAt, parts.version);
    return localReport(underName(report, record.artifact.image), component, frame);
  }

  const loaded = new Map(
    await Promise.all(components.map(async (one) => [one.record.id, await load(one)] as const)),
  );
  return ({ record: { id } }) => loaded.get(id);
}

function isExpired(
  finishedAt: string,
  { resultSeconds = RESULT_SECONDS, now = Date.now }: CompositeParts,
): boolean {
  return now() - Date.parse(finishedAt) > resultSeconds * 1000;
}
