import type { ReportFormat } from './format.ts';
import { jsonFormat } from './json/json.ts';
import { tableFormat } from './table/table.ts';

/** Every way a report can be told. */
export const formats: readonly ReportFormat[] = [tableFormat, jsonFormat];

export const formatIds: readonly string[] = formats.map((format) => format.id);

export function findFormat(id: string): ReportFormat | undefined {
  return formats.find((format) => format.id === id);
}
