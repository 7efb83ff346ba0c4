import type { ReportFormat } from './format.ts';
import { jsonFormat } from './json/json.ts';
import { tableFormat } from './table/table.ts';

/** Those that most scans are told by are always loaded, all others together: many small files would take longer. */
const COMMON: readonly ReportFormat[] = [tableFormat, jsonFormat];

/** Every way a report can be told. */
export async function loadFormats(): Promise<readonly ReportFormat[]> {
  const { otherFormats } = await import('./other-formats.ts');
  return [...COMMON, ...otherFormats];
}

/** Undefined where there is no format of that name. */
export async function loadFormat(id: string): Promise<ReportFormat | undefined> {
  const common = COMMON.find((format) => format.id === id);
  return common ?? (await loadFormats()).find((format) => format.id === id);
}
