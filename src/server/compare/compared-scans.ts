import { compareFindings, type ComparedSide } from '../../reports/compare/compare-findings.ts';
import { comparisonDocument } from '../../reports/compare/compare-formats.ts';
import { findingsOfHarborReport } from '../../reports/compare/compared-finding.ts';
import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { localTypeOf } from '../../scan/composite/scan-types.ts';
import type { Caller } from '../caller.ts';
import { EXPIRED, loadReports } from '../composite/component-reports.ts';
import { ownScan } from '../composite/own-scan.ts';
import type { CompositeParts } from '../composite/parts.ts';
import { ComponentRefusal } from '../composite/tell-composite-errors.ts';
import { invalidField } from '../harbor/refusal.ts';

/** A part of a scan that tells of vulnerabilities. */
export interface ComparedScan {
  readonly look: CompositeLook;
  readonly component: ComponentLook;
}

/** More would keep everybody else waiting while it is read. */
const MAX_REPORT_CHARS = 64 << 20;

/**
 * The scan of a caller, by its id or by that of the part that tells of vulnerabilities.
 *
 * @throws DrydockError SCAN_NOT_FOUND; HarborRefusal
 */
export async function comparedScan(
  id: unknown,
  caller: Caller,
  parts: CompositeParts,
): Promise<ComparedScan> {
  if (typeof id !== 'string' || id === '') throw invalidField('a and b are ids of two scans');
  const found = await ownScan({ id }, caller, parts);
  const tells = ({ record }: ComponentLook): boolean =>
    localTypeOf(record.mediaType)?.subject === 'vulnerability';
  const component = [found.component ?? found.look.components].flat().find(tells);
  if (component) return { look: found.look, component };
  throw invalidField('a scan that is to be compared tells of no vulnerabilities');
}

/** @throws HarborRefusal where there is nothing to compare */
export function assertSameArtifact(a: ComparedScan, b: ComparedScan): void {
  if (a.look.record.artifact.digest !== b.look.record.artifact.digest)
    throw invalidField('the two scans are of different artifacts');
  if (a.component.record.id === b.component.record.id) throw invalidField('a and b are the same scan');
}

/** @throws ComponentRefusal where one of the two came to no report */
export async function comparison(
  a: ComparedScan,
  b: ComparedScan,
  parts: CompositeParts,
): Promise<Readonly<Record<string, unknown>>> {
  const [left, right] = [await sideOf(a, parts), await sideOf(b, parts)];
  return comparisonDocument(a.look.record.artifact.image, compareFindings(left, right));
}

async function sideOf({ look, component }: ComparedScan, parts: CompositeParts): Promise<ComparedSide> {
  assertCompleted(component);
  const pieces = (await loadReports(look, [component], parts))(component);
  if (!pieces) throw new ComponentRefusal(410, EXPIRED);
  const report = parse(pieces);
  return {
    name: component.scanner ?? 'drydock',
    ...versionIn(report),
    findings: findingsOfHarborReport(report),
  };
}

function parse(pieces: Iterable<string>): unknown {
  const taken: string[] = [];
  let chars = 0;
  for (const piece of pieces) {
    chars += piece.length;
    if (chars > MAX_REPORT_CHARS) {
      const message = 'a report is too large to be compared here: fetch both and compare them yourself';
      throw new ComponentRefusal(413, { code: 'REPORT_TOO_LARGE', message, retryable: false });
    }
    taken.push(piece);
  }
  return JSON.parse(taken.join('')) as unknown;
}

function versionIn(report: unknown): { version?: string } {
  const scanner = (report as { scanner?: { version?: unknown } } | null)?.scanner;
  return typeof scanner?.version === 'string' ? { version: scanner.version } : {};
}

function assertCompleted({ state, error, record }: ComponentLook): void {
  if (state === 'completed') return;
  const said = error ?? { code: 'SCAN_FAILED', message: 'the scan failed', retryable: false };
  if (state === 'aborted') throw new ComponentRefusal(410, said);
  throw new ComponentRefusal(record.plan.kind === 'refused' ? 422 : 500, said);
}
