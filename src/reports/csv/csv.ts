import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { csvField } from './csv-field.ts';

const COLUMNS: readonly (readonly [name: string, of: (row: FindingRow, image: string) => string | number])[] =
  [
    ['Kind', ({ kind }) => kind],
    ['ID', ({ id }) => id],
    ['Severity', ({ severity }) => severity],
    ['Package', (row) => row.package],
    ['Installed Version', ({ version }) => version],
    ['Fixed Version', ({ fixedVersion }) => fixedVersion],
    ['Status', ({ status }) => status],
    ['Title', ({ title }) => title],
    ['Target', ({ target }) => target],
    ['Type', ({ type }) => type],
    ['Path', ({ path }) => path],
    ['Line', ({ startLine }) => (startLine > 0 ? startLine : '')],
    ['CVSS', ({ cvssScore }) => cvssScore ?? ''],
    ['Exploited', ({ isExploited }) => (isExploited ? 'yes' : '')],
    ['EPSS', ({ epss }) => epss ?? ''],
    ['Package URL', ({ purl }) => purl],
    ['Link', ({ links }) => links[0] ?? ''],
    ['Layer', ({ layer }) => layer],
    ['Image', (_row, image) => image],
    ['Fingerprint', ({ fingerprint }) => fingerprint],
  ];

/**
 * A line for each finding, for spreadsheets and data tools.
 *
 * @see RFC 4180
 */
export const csvFormat: ReportFormat = {
  id: 'csv',
  mediaType: 'text/csv; charset=utf-8; header=present',
  *encode(report) {
    yield `${COLUMNS.map(([name]) => csvField(name)).join(',')}\r\n`;
    for (const row of findingRows(report))
      yield `${COLUMNS.map(([, of]) => csvField(of(row, report.image.name))).join(',')}\r\n`;
  },
};
