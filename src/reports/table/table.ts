import type { Severity } from '../../model/advisory.ts';
import type { Report } from '../../model/report.ts';
import type { ReportFormat } from '../format.ts';
import { resultsOf, vulnerabilitiesOf, type ReportResult } from '../results.ts';
import { footer, sampleWarning } from './footer.ts';
import { grid } from './grid.ts';
import { listing } from './listing.ts';
import { otherFindings } from './other-findings.ts';
import { inksOf, painter } from './paint.ts';
import type { TableStyle } from './row.ts';
import { rowsOf } from './rows.ts';
import { suppressedLines } from './suppressed.ts';
import { printable } from './terminal-text.ts';

/** Below this many columns a table is no longer one. */
const NARROW_COLUMNS = 102;

/**
 * For people. Parameters: `width` (columns; without it a line is as long as it needs), `color` (`always`), `links`
 * (`osc8`), `brief` (`true`: findings only, and a warning where a sample database gave them).
 */
export const tableFormat: ReportFormat = {
  id: 'table',
  mediaType: 'text/plain; charset=utf-8',
  *encode(report, parameters) {
    const width = Number(parameters['width']);
    const style: TableStyle = {
      paint: painter(parameters['color'] === 'always'),
      isLinking: parameters['links'] === 'osc8',
      width: Number.isFinite(width) && width > 0 ? width : Infinity,
    };
    const results = resultsOf(report);
    yield* heading(report, style);
    yield* vulnerabilityTables(results, style);
    yield* otherFindings(results, style);
    if (parameters['showSuppressed'] === 'true') yield* suppressedLines(report, style);
    yield* parameters['brief'] === 'true' ? sampleWarning(report, style) : footer(report, style);
  },
};

/** One is told without a name of its own, as the heading stands for it. */
function* vulnerabilityTables(results: readonly ReportResult[], style: TableStyle): Generator<string> {
  const found = results.filter(({ vulnerabilities }) => vulnerabilities.length > 0);
  const isOnlySystem = found.length === 1 && found[0]?.class === 'os-pkgs';
  for (const [index, { target, type, vulnerabilities }] of found.entries()) {
    if (!isOnlySystem) {
      const name = `${style.paint(printable(target), 'bold')} ${style.paint(`(${type ?? ''})`, 'dim')}`;
      yield `${index > 0 ? '\n' : ''}${name}: ${vulnerabilities.length}\n`;
    }
    const rows = rowsOf(vulnerabilities);
    yield* style.width < NARROW_COLUMNS ? listing(rows, style) : grid(rows, style);
  }
}

const ORDER: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'UNKNOWN'];

function* heading(report: Report, { paint }: TableStyle): Generator<string> {
  const { image, os, packages } = report;
  const findings = vulnerabilitiesOf(report.findings);
  const system = os ? ` (${printable(os.prettyName ?? `${os.family} ${os.version}`)})` : '';
  yield `${paint(printable(image.name) + system, 'bold')}\n`;
  if (image.kind === 'image') {
    const { os: platformOs, architecture, variant } = image.platform;
    const platform = [platformOs, architecture, variant].filter(Boolean).join('/');
    yield `${paint(`${printable(platform)}  ${image.digest}`, 'dim')}\n`;
  }
  yield '\n';
  if (report.endOfLife && os) {
    yield `${paint(`${printable(`${os.family} ${os.version}`)} gets no more security updates: what is found here is not all there is.`, 'yellow')}\n`;
  }
  const counted = `${packages.length} ${packages.length === 1 ? 'package' : 'packages'}`;
  if (findings.length === 0) {
    const isJudged = report.advisoryDbs.length > 0;
    yield isJudged
      ? `${paint('No vulnerabilities to tell of', 'green')} in ${counted}.\n`
      : `${counted}; vulnerabilities were not looked for.\n`;
    return;
  }
  const totals = ORDER.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count > 0 ? [paint(`${count} ${severity.toLowerCase()}`, ...inksOf(severity))] : [];
  });
  const fixable = findings.filter((finding) => finding.fixedVersion).length;
  const noun = findings.length === 1 ? 'vulnerability' : 'vulnerabilities';
  yield `${paint(`${findings.length} ${noun}`, 'bold')} in ${counted}: ${totals.join(', ')}; ${fixable} can be fixed by an update.\n\n`;
}
