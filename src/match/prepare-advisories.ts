import type { Advisory, VersionRange } from '../model/advisory.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';
import { prepareConstraints } from '../versions/constraints.ts';
import type { AnyVersionScheme, VersionConstraint } from '../versions/scheme.ts';
import { isWithin, parseRange, type ParsedRange } from './affected.ts';

/** What a finding says of a vulnerability, whatever the package. */
export type Verdict = Omit<VulnerabilityFinding, 'kind' | 'package' | 'installedVersion'>;

/** An advisory that can be asked about versions. */
export interface PreparedAdvisory {
  readonly advisory: Advisory;
  readonly fixedVersion?: string;
  /** The place in the source's own order. */
  readonly order: number;
  /** Made when it is first needed. */
  verdict?: Verdict;
}

/** The advisories of one name, ordered so that a version is compared with few of them. */
export interface PreparedAdvisories {
  affecting(version: unknown): readonly PreparedAdvisory[];
  readonly isEmpty: boolean;
  /** Several of them may speak of one vulnerability. */
  readonly haveRepeats: boolean;
  /** Ids of advisories whose versions nobody can read. */
  readonly unreadable: readonly string[];
}

interface Step {
  readonly fixed: unknown;
  readonly advisories: PreparedAdvisory[];
}

interface Ranged {
  readonly ranges: readonly ParsedRange[];
  readonly prepared: PreparedAdvisory;
}

interface Constrained {
  readonly constraint: VersionConstraint;
  readonly prepared: PreparedAdvisory;
}

/**
 * @param reportsUnfixed whether an advisory without a fix means that all versions are affected
 */
export function prepareAdvisories(
  advisories: readonly Advisory[],
  scheme: AnyVersionScheme,
  reportsUnfixed: boolean,
): PreparedAdvisories {
  const steps = new Map<string, Step>();
  const ranged: Ranged[] = [];
  const constrained: Constrained[] = [];
  const unreadable: string[] = [];
  for (const [order, advisory] of advisories.entries()) {
    if (advisory.constraints) {
      const constraint = prepareConstraints(advisory.constraints, scheme);
      if (!constraint) unreadable.push(advisory.id);
      else
        constrained.push({ constraint, prepared: { advisory, ...fixedVersionOf(advisory, scheme), order } });
      continue;
    }
    const told = reportsUnfixed ? advisory.affected : advisory.affected.filter(hasUpperEnd);
    const ranges = told.map((range) => parseRange(range, scheme));
    if (ranges.includes(undefined)) unreadable.push(advisory.id);
    const readable = ranges.flatMap((range) => range ?? []);
    if (readable.length === 0) continue;
    const prepared = { advisory, ...fixedVersionOf(advisory, scheme), order };
    const [only] = told;
    const isSimple = told.length === 1 && only?.fixed !== undefined && only.introduced === undefined;
    if (isSimple && only.lastAffected === undefined)
      addStep(steps, only.fixed ?? '', readable[0]?.fixed, prepared);
    else ranged.push({ ranges: readable, prepared });
  }
  const sorted = [...steps.values()].sort((a, b) => scheme.compare(a.fixed, b.fixed));
  return {
    isEmpty: advisories.length === 0,
    haveRepeats: new Set(advisories.map(({ id }) => id)).size < advisories.length,
    unreadable,
    affecting(version) {
      const found: PreparedAdvisory[] = [];
      // Many vulnerabilities are fixed by one version, and all versions before a fix lack it.
      for (let i = firstAbove(sorted, version, scheme); i < sorted.length; i++)
        found.push(...(sorted[i]?.advisories ?? []));
      for (const { ranges, prepared } of ranged) {
        if (ranges.some((range) => isWithin(version, range, scheme))) found.push(prepared);
      }
      for (const { constraint, prepared } of constrained)
        if (constraint.includes(version)) found.push(prepared);
      return found;
    },
  };
}

function hasUpperEnd({ fixed, lastAffected }: VersionRange): boolean {
  return fixed !== undefined || lastAffected !== undefined;
}

function addStep(steps: Map<string, Step>, text: string, fixed: unknown, prepared: PreparedAdvisory): void {
  const step = steps.get(text);
  if (step) step.advisories.push(prepared);
  else steps.set(text, { fixed, advisories: [prepared] });
}

function firstAbove(steps: readonly Step[], version: unknown, scheme: AnyVersionScheme): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (scheme.compare(version, steps[middle]?.fixed) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

function fixedVersionOf(
  { affected, patchedVersions }: Advisory,
  scheme: AnyVersionScheme,
): { readonly fixedVersion?: string } {
  const fixed = patchedVersions ?? affected.flatMap((range) => range.fixed ?? []);
  if (fixed.length === 0) return {};
  // Installed versions are written without an epoch of 0, and people compare the two columns.
  const written = scheme.id === 'rpm' ? fixed.map((version) => version.replace(/^0:/, '')) : fixed;
  return { fixedVersion: [...new Set(written)].join(', ') };
}
