import { cyclonedxFormat } from './cyclonedx/cyclonedx.ts';
import type { ReportFormat } from './format.ts';
import { jsonFormat } from './json/json.ts';
import { openvexFormat } from './openvex/openvex.ts';
import { spdxJsonFormat } from './spdx/spdx-json.ts';
import { spdxFormat } from './spdx/spdx.ts';
import { tableFormat } from './table/table.ts';

/** Every way a report can be told. */
export const formats: readonly ReportFormat[] = [
  tableFormat,
  jsonFormat,
  cyclonedxFormat,
  spdxJsonFormat,
  spdxFormat,
  openvexFormat,
];

export const formatIds: readonly string[] = formats.map((format) => format.id);

export function findFormat(id: string): ReportFormat | undefined {
  return formats.find((format) => format.id === id);
}
