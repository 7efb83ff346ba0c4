import type { PackageUpdate, UnfixedFinding, UnfixedReason } from '../model/patch.ts';
import { painter, type Paint } from '../reports/table/paint.ts';
import { padTo, printable, widthOf } from '../reports/table/terminal-text.ts';
import type { PatchRun } from '../wiring/patch/patching.ts';
import type { PlatformPatch } from '../wiring/patch/platform-patch.ts';
import { sizeText } from './field-lines.ts';

/** What was done, or would be, for programs. */
export function* patchJson({ name, isPlan, patches, published }: PatchRun): Generator<string> {
  const told = {
    image: name,
    isPlan,
    patches: patches.map(({ platform, verdict, plan, outcome, patched, proof, subject }) => ({
      platform,
      verdict,
      base: subject.base.origin,
      found: subject.findings.length,
      updates: plan.updates,
      applied: outcome.applied.map(({ name: pkg, architecture, to }) => ({ name: pkg, architecture, to })),
      refused: outcome.refused,
      unfixed: plan.unfixed.map(({ finding, reason, detail }) => ({
        id: finding.id,
        package: finding.package.name,
        installedVersion: finding.installedVersion,
        fixedVersion: finding.fixedVersion,
        severity: finding.severity,
        reason,
        detail,
      })),
      indexes: plan.indexes,
      notes: [...plan.notes, ...outcome.notes],
      ...(patched && {
        result: {
          digest: patched.manifest.digest,
          layer: patched.layer.digest,
          layerBytes: patched.layer.sizeBytes,
        },
      }),
      ...(proof && {
        remaining: proof.remaining.map(({ id, package: pkg }) => ({ id, package: pkg.name })),
        notGone: proof.notGone.map(({ id, package: pkg }) => ({ id, package: pkg.name })),
        added: proof.added.map(({ id, package: pkg }) => ({ id, package: pkg.name })),
      }),
    })),
    ...(published && { published }),
  };
  yield `${JSON.stringify(told, null, 2)}\n`;
}

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
  yield `${paint(printable(published.name), 'bold')}\n${published.digest}, ${sizeText(published.uploadedBytes)} written\n`;
  for (const path of published.attestations) yield `${printable(path)}\n`;
}

function* platformText(name: string, patch: PlatformPatch, isPlan: boolean, paint: Paint): Generator<string> {
  const { platform, subject, plan, outcome, verdict, patched, proof } = patch;
  const where = [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/');
  const end = isPlan ? PLANNED[verdict] : VERDICTS[verdict];
  yield `${paint(printable(name), 'bold')} (${where}): ${end}\n`;
  yield `${subject.findings.length} vulnerabilities found, ${fixedCount(outcome.applied)} fixed by ${outcome.applied.length} packages\n\n`;
  yield* updateTable(outcome.applied, paint);
  for (const { source, detail } of outcome.refused)
    yield `${paint('refused', 'red')}  ${printable(source)}: ${printable(detail)}\n`;
  yield* unfixedText(plan.unfixed);
  if (patched) yield `one layer of ${sizeText(patched.layer.sizeBytes)} added\n`;
  if (proof) yield `a scan of the result finds ${proof.remaining.length}`;
  if (proof && proof.notGone.length > 0)
    yield `, of which ${proof.notGone.length} should be gone: ${idsOf(proof.notGone)}`;
  if (proof && proof.added.length > 0)
    yield `, of which ${proof.added.length} were not there before: ${idsOf(proof.added)}`;
  if (proof) yield '\n';
  for (const note of [...plan.notes, ...outcome.notes]) yield `note: ${printable(note)}\n`;
  yield '\n';
}

const MAX_IDS = 10;

function idsOf(findings: readonly { readonly id: string }[]): string {
  const ids = [...new Set(findings.map(({ id }) => printable(id)))];
  const shown = ids.slice(0, MAX_IDS).join(', ');
  return ids.length > MAX_IDS ? `${shown} and ${ids.length - MAX_IDS} more` : shown;
}

function fixedCount(updates: readonly PackageUpdate[]): number {
  return updates.reduce((sum, { fixes }) => sum + fixes.length, 0);
}

function* updateTable(updates: readonly PackageUpdate[], paint: Paint): Generator<string> {
  if (updates.length === 0) return;
  const rows = updates.map(({ name, from, to, fixes, archive }) => [
    printable(name),
    printable(from),
    printable(to),
    fixes.length === 0 ? 'with its source' : idsOf(fixes.map((id) => ({ id }))),
    sizeText(archive.sizeBytes),
  ]);
  const head = ['Package', 'From', 'To', 'Fixes', 'Download'];
  const widths = head.map((title, at) =>
    Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(widthOf)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, at) => padTo(cell, widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  yield `${paint(line(head), 'bold')}\n`;
  for (const row of rows) yield `${line(row)}\n`;
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
