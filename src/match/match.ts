import type { AdvisoryStore } from '../advisories/source.ts';
import { findDistro } from '../ecosystems/distros.ts';
import { isEndOfLife, lastDayOf } from '../ecosystems/end-of-life.ts';
import type { Diagnostic, Inventory, OperatingSystem } from '../model/analysis.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import { matchApplications } from './match-applications.ts';
import { matchSystem } from './match-system.ts';
import type { MatchOptions } from './match-options.ts';
import { openNotes, type Notes } from './notes.ts';

export interface Matched {
  /**
   * Those of the operating system first; then by package, its version, severity (the gravest first) and id; each
   * vulnerability of a package once.
   */
  readonly findings: readonly VulnerabilityFinding[];
  readonly diagnostics: readonly Diagnostic[];
  readonly endOfLife: boolean;
}

/** Judges what is installed by a database. Whatever cannot be judged is told in the diagnostics. */
export function matchInventory(
  inventory: Inventory,
  advisories: AdvisoryStore,
  options: MatchOptions,
): Matched {
  const notes = openNotes();
  const { os } = inventory;
  const endOfLife = os !== undefined && isEndOfLife(os, options.now);
  if (os && endOfLife) noteEndOfLife(os, notes);
  const packages = inventory.packages.filter(({ application }) => application === undefined);
  const ofSystem = packages.length === 0 ? [] : matchSystem({ os, packages }, advisories, options, notes);
  const findings = [...ofSystem, ...matchApplications(inventory.packages, advisories, options, notes)];
  return { findings, diagnostics: notes.all(), endOfLife };
}

function noteEndOfLife(os: OperatingSystem, notes: Notes): void {
  const name = findDistro(os.family)?.name ?? os.family;
  notes.add(
    'OS_END_OF_LIFE',
    `${name} ${os.version} has had no security updates since ${lastDayOf(os) ?? ''}: newer vulnerabilities may not be told`,
  );
}
