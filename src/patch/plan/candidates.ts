import { deb, type DebVersion } from '../../versions/deb.ts';
import type { Offer } from '../sources/archives.ts';
import type { Pin, PinTarget } from '../sources/preferences.ts';
import type { InstalledPackage } from './installed.ts';
import { patternTest } from './pattern.ts';

/** A version that a package could be brought to, with how much it is wished for. */
export interface Candidate {
  readonly offer: Offer;
  readonly version: DebVersion;
  readonly priority: number;
}

export interface CandidatePolicy {
  readonly pins: readonly Pin[];
  readonly defaultRelease: string | undefined;
  /** Updates that only some machines shall have by now are left out. */
  readonly excludePhased: boolean;
}

const DEFAULT = 500;
const INSTALLED = 100;
const DEFAULT_RELEASE = 990;

/**
 * What may take the place of an installed package: newer versions with a priority above zero, the one that apt would
 * take first. Never an older one.
 * @see apt_preferences(5)
 */
export function candidatesFor(
  pkg: InstalledPackage,
  offers: readonly Offer[],
  policy: CandidatePolicy,
): readonly Candidate[] {
  const byVersion = new Map<string, Candidate>();
  for (const offer of offers) {
    if (offer.architecture !== pkg.architecture) continue;
    const version = deb.parse(offer.version);
    if (!version || deb.compare(version, pkg.parsed) <= 0) continue;
    if (policy.excludePhased && offer.phasedPercentage < 100) continue;
    const priority = priorityOf(offer, policy);
    const known = byVersion.get(offer.version);
    // One version from several archives counts by the most wished for.
    if (!known || priority > known.priority) byVersion.set(offer.version, { offer, version, priority });
  }
  const least = installedPriority(pkg, offers, policy);
  return [...byVersion.values()]
    .filter(({ priority }) => priority > 0 && priority >= least)
    .sort((a, b) => b.priority - a.priority || deb.compare(b.version, a.version));
}

/** What is installed stays where it is wished for more than what there is. */
function installedPriority(pkg: InstalledPackage, offers: readonly Offer[], policy: CandidatePolicy): number {
  const pin = policy.pins.find(
    ({ packages, target }) =>
      target.kind === 'version' &&
      packages.some((pattern) => pattern !== '*' && namesPackage(pattern, pkg)) &&
      patternTest(target.version, pkg.version),
  );
  if (pin) return pin.priority;
  const offered = offers.filter(
    ({ version, architecture }) => version === pkg.version && architecture === pkg.architecture,
  );
  return Math.max(INSTALLED, ...offered.map((offer) => priorityOf(offer, policy)));
}

/** Pins of the package itself come before those of whole archives; of each the first that fits. */
export function priorityOf(offer: Offer, { pins, defaultRelease }: CandidatePolicy): number {
  const own = pins.find(
    ({ packages, target }) =>
      packages.some((pattern) => pattern !== '*' && namesPackage(pattern, offer)) && fits(target, offer),
  );
  if (own) return own.priority;
  const general = pins.find(({ packages, target }) => packages.includes('*') && fits(target, offer));
  if (general) return general.priority;
  const { suite, codename, version, notAutomatic, butAutomaticUpgrades } = offer.release;
  if (
    defaultRelease !== undefined &&
    [suite, codename, version].some((name) => patternTest(defaultRelease, name))
  ) {
    return DEFAULT_RELEASE;
  }
  if (!notAutomatic) return DEFAULT;
  return butAutomaticUpgrades ? INSTALLED : 1;
}

function namesPackage(
  pattern: string,
  { name, architecture, source }: Pick<Offer, 'name' | 'architecture' | 'source'>,
): boolean {
  if (pattern.startsWith('src:')) return patternTest(pattern.slice(4), source.name);
  const colon = pattern.indexOf(':');
  if (colon < 0) return patternTest(pattern, name);
  const wanted = pattern.slice(colon + 1);
  return patternTest(pattern.slice(0, colon), name) && (wanted === 'any' || wanted === architecture);
}

function fits(target: PinTarget, { version, release, site, component, architecture }: Offer): boolean {
  if (target.kind === 'version') return patternTest(target.version, version);
  if (target.kind === 'origin') return patternTest(target.host, site);
  const values: Readonly<Record<string, string>> = {
    a: release.suite,
    n: release.codename,
    o: release.origin,
    l: release.label,
    v: release.version,
    c: component,
    b: architecture,
  };
  return [...target.terms].every(([term, pattern]) => {
    const value = Object.hasOwn(values, term) ? values[term] : undefined;
    return value !== undefined && patternTest(pattern, value);
  });
}
