import type { VulnerabilityFinding } from '../model/finding.ts';
import type { UnfixedFinding, UnfixedReason } from '../model/patch.ts';
import { painter, type Paint } from '../reports/table/paint.ts';
import { padTo, printable, widthOf } from '../reports/table/terminal-text.ts';
import type { PatchRun } from '../wiring/patch/patching.ts';
import type { PlatformPatch, ToldUpdate } from '../wiring/patch/platform-patch.ts';
import { sizeText } from './field-lines.ts';

/** What was done, or would be, for programs. */
export function* patchJson({ name, isPlan, patches, published }: PatchRun): Generator<string> {
  const told = {
    image: name,
    isPlan,
    patches: patches.map((patch) => platformJson(patch)),
    ...(published && { published }),
  };
  yield `${JSON.stringify(told, null, 2)}\n`;
}

function platformJson({ platform, engine, verdict, base, found, proof, result, ...patch }: PlatformPatch) {
  const risks = new Map(patch.risks.map((risk) => [placeOf(risk), risk]));
  const named = (finding: VulnerabilityFinding) => ({ id: finding.id, package: finding.package.name });
  return {
    platform,
    engine,
    verdict,
    base,
    found,
    updates: patch.updates.map((update) => {
      const risk = risks.get(placeOf(update));
      return { ...update, ...(risk && { risk: risk.risk, ...(risk.detail && { riskDetail: risk.detail }) }) };
    }),
    applied: patch.applied.map(({ name, architecture, to }) => ({ name, architecture, to })),
    refused: patch.refused,
    unfixed: patch.unfixed.map(({ finding, reason, detail }) => ({
      ...named(finding),
      installedVersion: finding.installedVersion,
      fixedVersion: finding.fixedVersion,
      severity: finding.severity,
      reason,
      detail,
    })),
    indexes: patch.indexes,
    notes: patch.notes,
    ...(result && { result }),
    ...(proof && {
      remaining: proof.remaining.map(named),
      notGone: proof.notGone.map(named),
      added: proof.added.map(named),
    }),
  };
}

const placeOf = ({ name, architecture }: { readonly name: string; readonly architecture: string }): string =>
  `${name} ${architecture}`;

const VERDICTS: Readonly<Record<PlatformPatch['verdict'], string>> = {
  patched: 'patched',
  'nothing-to-do': 'nothing to do',
  partly: 'partly patched',
  refused: 'not patched',
};

const PLANNED: typeof VERDICTS = {
  patched: 'can be patched',
  'nothing-to-do': 'nothing to do',
  partly: 'can be patched in part',
  refused: 'cannot be patched',
};

const REASONS: Readonly<Record<UnfixedReason, string>> = {
  'no-fix': 'no fix is published',
  'not-in-sources': 'the fix is not in the archives of the image',
  'new-dependency-required': 'the fix needs a package that is not installed',
  held: 'the package is held',
  conflict: 'the fix conflicts with what is installed',
  'unsafe-maintainer-script': 'a script of the package is not known to be harmless',
  'not-a-system-package': 'not installed by the package manager of the system',
  'not-selected': 'not asked for',
};

/** The same for people. */
export function* patchText(run: PatchRun, { color }: { readonly color: boolean }): Generator<string> {
  const paint = painter(color);
  for (const patch of run.patches) yield* platformText(run.name, patch, run.isPlan, paint);
  const { published } = run;
  if (!published) return;
  const written = published.uploadedBytes;
  const size = written === undefined ? '' : `, ${sizeText(written)} written`;
  yield `${paint(printable(published.name), 'bold')}\n${published.digest}${size}\n`;
  for (const path of published.attestations) yield `${printable(path)}\n`;
}

function* platformText(name: string, patch: PlatformPatch, isPlan: boolean, paint: Paint): Generator<string> {
  const { platform, found, applied, refused, unfixed, verdict, result, proof, notes, engine } = patch;
  const where = [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
  const end = isPlan ? PLANNED[verdict] : VERDICTS[verdict];
  const by = engine === 'embedded' ? '' : ` by ${engine}`;
  yield `${paint(printable(name), 'bold')} (${where}): ${end}${by}\n`;
  yield `${found} vulnerabilities found, ${fixedCount(applied)} fixed by ${applied.length} packages\n\n`;
  yield* updateTable(patch, isPlan, paint);
  for (const { source, detail } of refused)
    yield `${paint('refused', 'red')}  ${printable(source)}: ${printable(detail)}\n`;
  yield* unfixedText(unfixed);
  if (result?.layerBytes !== undefined) yield `one layer of ${sizeText(result.layerBytes)} added\n`;
  if (proof) yield `a scan of the result finds ${proof.remaining.length}`;
  if (proof && proof.notGone.length > 0)
    yield `, of which ${proof.notGone.length} should be gone: ${idsOf(proof.notGone)}`;
  if (proof && proof.added.length > 0)
    yield `, of which ${proof.added.length} were not there before: ${idsOf(proof.added)}`;
  if (proof) yield '\n';
  for (const note of notes) yield `note: ${printable(note)}\n`;
  yield '\n';
}

const MAX_IDS = 10;

function idsOf(findings: readonly { readonly id: string }[]): string {
  const ids = [...new Set(findings.map(({ id }) => printable(id)))];
  const shown = ids.slice(0, MAX_IDS).join(', ');
  return ids.length > MAX_IDS ? `${shown} and ${ids.length - MAX_IDS} more` : shown;
}

function fixedCount(updates: readonly ToldUpdate[]): number {
  return updates.reduce((sum, { fixes }) => sum + fixes.length, 0);
}

/** A plan shows what is refused too, so that its risk is seen. */
function* updateTable(
  { updates, applied, risks }: PlatformPatch,
  isPlan: boolean,
  paint: Paint,
): Generator<string> {
  const shown = isPlan ? updates : applied;
  if (shown.length === 0) return;
  const risksByPlace = new Map(risks.map((each) => [placeOf(each), each.risk]));
  const columns: readonly [string, (update: ToldUpdate) => string][] = [
    ['Package', ({ name }) => printable(name)],
    ['From', ({ from }) => printable(from)],
    ['To', ({ to }) => printable(to)],
    ['Fixes', ({ fixes }) => (fixes.length === 0 ? 'with its source' : idsOf(fixes.map((id) => ({ id }))))],
    ['Risk', (update) => risksByPlace.get(placeOf(update)) ?? ''],
    ['Download', ({ archive }) => (archive ? sizeText(archive.sizeBytes) : '')],
  ];
  const rows = shown.map((update) => columns.map(([, cell]) => cell(update)));
  const isUsed = columns.map((_, at) => rows.some((row) => row[at] !== ''));
  const table = [columns.map(([title]) => title), ...rows].map((row) => row.filter((_, at) => isUsed[at]));
  const widths = (table[0] ?? []).map((_, at) => Math.max(...table.map((row) => widthOf(row[at] ?? ''))));
  const lines = table.map((row) =>
    row
      .map((cell, at) => padTo(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  for (const [at, line] of lines.entries()) yield `${at === 0 ? paint(line, 'bold') : line}\n`;
  yield '\n';
}

/** By reason, as each reason asks for something else to be done. */
function* unfixedText(unfixed: readonly UnfixedFinding[]): Generator<string> {
  const byReason = new Map<UnfixedReason, UnfixedFinding[]>();
  for (const one of unfixed) byReason.set(one.reason, [...(byReason.get(one.reason) ?? []), one]);
  for (const [reason, group] of byReason) {
    yield `${group.length} stay: ${REASONS[reason]}\n`;
    if (reason === 'no-fix' || reason === 'not-selected') continue;
    for (const detail of new Set(group.map((one) => printable(one.detail)))) yield `  ${detail}\n`;
  }
}
