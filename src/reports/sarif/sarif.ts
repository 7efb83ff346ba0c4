import type { Report } from '../../model/report.ts';
import { findingRows, type FindingRow } from '../finding-row.ts';
import type { ReportFormat } from '../format.ts';
import { jsonPieces } from '../json-pieces.ts';
import { severityRank } from '../severities.ts';
import { sarifResult } from './result.ts';
import { openRules } from './rule.ts';
import { messageText } from './message.ts';

/** What code scanning of GitHub takes of one run. */
export const MAX_RESULTS = 25_000;

/** Results and rules lie six levels deep, and each is told apart. */
const START_DEPTH = -2;

/**
 * SARIF 2.1.0, for code scanning and viewers of static analysis. Of more than {@link MAX_RESULTS} findings the worst
 * are told, and a notification says how many are not.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export const sarifFormat: ReportFormat = {
  id: 'sarif',
  mediaType: 'application/sarif+json',
  *encode(report) {
    yield* jsonPieces(toSarif(report), '', START_DEPTH);
    yield '\n';
  },
};

function toSarif(report: Report): unknown {
  const all = [...findingRows(report)];
  const rows = all.length > MAX_RESULTS ? worstOf(all) : all;
  const { rules, indexOf } = openRules(rows);
  return {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: { driver: { ...driverOf(report), rules } },
        automationDetails: { id: `drydock/${repositoryOf(report)}/` },
        invocations: [invocation(report, all.length - rows.length)],
        originalUriBaseIds: { ROOTPATH: { uri: 'file:///' } },
        columnKind: 'utf16CodeUnits',
        results: rows.map((row) => sarifResult(row, indexOf(row), repositoryOf(report))),
        properties: propertiesOf(report),
      },
    ],
  };
}

/** In the order in which they came, but for those that are left out. */
function worstOf(rows: readonly FindingRow[]): FindingRow[] {
  const kept = rows
    .map((row, index) => ({ row, index }))
    .sort((a, b) => severityRank(a.row.severity) - severityRank(b.row.severity) || a.index - b.index)
    .slice(0, MAX_RESULTS);
  return kept.sort((a, b) => a.index - b.index).map(({ row }) => row);
}

function driverOf({ engine }: Report): object {
  const [name = '', version = ''] = engine.split('/', 2);
  return { name: name === 'drydock' ? 'Drydock' : name, fullName: engine, version };
}

/** What GitHub calls the category: findings of one image never close those of another. */
function repositoryOf({ image }: Report): string {
  return image.reference ? `${image.reference.registry}/${image.reference.repository}` : image.name;
}

function invocation({ scannedAt, diagnostics }: Report, leftOut: number): unknown {
  const notes = diagnostics.map(({ code, path, message }) => ({
    level: 'warning',
    descriptor: { id: code },
    message: { text: messageText(path === undefined ? message : `${path}: ${message}`, 1000) },
  }));
  const cut = {
    level: 'warning',
    descriptor: { id: 'RESULTS_LEFT_OUT' },
    message: {
      text: `${leftOut} findings of the lowest severities are left out: a run has room for ${MAX_RESULTS}`,
    },
  };
  return {
    executionSuccessful: true,
    endTimeUtc: scannedAt,
    toolExecutionNotifications: leftOut > 0 ? [cut, ...notes] : notes,
  };
}

function propertiesOf({ image, os, advisoryDbs }: Report): unknown {
  return {
    imageName: image.name,
    imageID: image.kind === 'image' ? image.configDigest : undefined,
    imageDigest: image.kind === 'image' ? image.digest : undefined,
    repoTags: image.repoTags,
    repoDigests: image.repoDigests,
    operatingSystem: os && `${os.family} ${os.version}`,
    databases: advisoryDbs.map(({ source, digest, builtAt }) => ({ source, digest, builtAt })),
  };
}
