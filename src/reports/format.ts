import type { Report } from '../model/report.ts';

/** A way to tell a report. */
export interface ReportFormat {
  readonly id: string;
  readonly mediaType: string;
  encode(report: Report, parameters: Readonly<Record<string, string>>): Iterable<string>;
}
