import type { FindingRow } from '../finding-row.ts';
import { messageLines, messageText } from './message.ts';
import { LEVELS, ruleId } from './rule.ts';

/** One finding. `repository` stands for what the operating system's packages lie in. */
export function sarifResult(row: FindingRow, ruleIndex: number, repository: string): unknown {
  const place = row.class === 'os-pkgs' || row.path === '' ? repository : row.path;
  const start = Math.max(1, row.startLine);
  return {
    ruleId: ruleId(row),
    ruleIndex,
    level: LEVELS[row.severity],
    message: { text: messageLines(messageOf(row), 1000) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: relativeUri(place), uriBaseId: 'ROOTPATH' },
          region: { startLine: start, startColumn: 1, endLine: Math.max(start, row.endLine), endColumn: 1 },
        },
        logicalLocations:
          row.purl === ''
            ? undefined
            : [{ name: row.package, fullyQualifiedName: row.purl, kind: 'package' }],
        message: { text: messageText(placeOf(row), 500) },
      },
    ],
    partialFingerprints: { primaryLocationLineHash: `${row.fingerprint}:1`, 'drydock/v1': row.fingerprint },
  };
}

function placeOf(row: FindingRow): string {
  const pkg = row.package === '' ? '' : `: ${row.package}@${row.version}`;
  return `${row.target}${pkg}`;
}

function messageOf(row: FindingRow): string {
  const lines =
    row.kind === 'vulnerability'
      ? [
          `Package: ${row.package}`,
          `Installed version: ${row.version}`,
          `Vulnerability: ${row.id}`,
          `Severity: ${row.severity}`,
          row.fixedVersion === ''
            ? `Status: ${row.status.replaceAll('_', ' ')}`
            : `Fixed version: ${row.fixedVersion}`,
          ...(row.isExploited ? ['Known to be exploited'] : []),
        ]
      : [
          row.title,
          `Severity: ${row.severity}`,
          row.message,
          row.kind === 'license' ? row.description : row.remedy,
        ];
  return lines.filter((line) => line !== '').join('\n');
}

const MAX_URI_CHARS = 2000;

/** A path as a reference that can leave neither its base nor its kind. @see RFC 3986, 4.2 */
function relativeUri(path: string): string {
  const segments = path
    .slice(0, MAX_URI_CHARS)
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    .map((segment) => encodeURIComponent(segment.replace(/\p{Cs}/gu, '\ufffd')));
  return segments.length > 0 ? segments.join('/') : 'image';
}
