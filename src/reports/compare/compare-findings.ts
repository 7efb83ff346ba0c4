import type { ComparedFinding } from './compared-finding.ts';

/** Who has found what. */
export interface ComparedSide {
  /** By what it is asked for. */
  readonly name: string;
  readonly version?: string;
  /** RFC 3339. */
  readonly databaseUpdatedAt?: string;
  readonly findings: readonly ComparedFinding[];
}

/** The same in the words of both. */
export interface ComparedPair {
  readonly a: ComparedFinding;
  readonly b: ComparedFinding;
}

/** What only one of them has found. */
export interface LoneFinding {
  readonly finding: ComparedFinding;
  /**
   * Why the other has not: it tells of the vulnerability for another version of the package, of others in the package,
   * or nothing of the package at all.
   */
  readonly other: 'other-version' | 'other-vulnerabilities' | 'nothing';
}

export interface ScannerComparison {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Both, with the same severity. */
  readonly agreed: readonly ComparedPair[];
  /** Both, but one takes it for worse. */
  readonly severityDiffers: readonly ComparedPair[];
  readonly onlyA: readonly LoneFinding[];
  readonly onlyB: readonly LoneFinding[];
}

/**
 * Compares what two scanners have found in one image. Two findings are the same when they share a name of the
 * vulnerability, whichever of its names, and mean the same version of the same package. Of several alike (a library in
 * three places) one counts, as scanners differ in how often they tell it.
 */
export function compareFindings(a: ComparedSide, b: ComparedSide): ScannerComparison {
  const [left, right] = [oncePerIdentity(a.findings), oncePerIdentity(b.findings)];
  const index = indexOf(right);
  const taken = new Set<ComparedFinding>();
  const pairs: ComparedPair[] = [];
  const onlyA: ComparedFinding[] = [];
  for (const finding of left) {
    const other = keysOf(finding)
      .flatMap((key) => index.get(key) ?? [])
      .find((one) => !taken.has(one));
    if (!other) onlyA.push(finding);
    else {
      taken.add(other);
      pairs.push({ a: finding, b: other });
    }
  }
  const onlyB = right.filter((finding) => !taken.has(finding));
  return {
    a,
    b,
    agreed: pairs.filter((pair) => pair.a.severity === pair.b.severity),
    severityDiffers: pairs.filter((pair) => pair.a.severity !== pair.b.severity),
    onlyA: lone(onlyA, right),
    onlyB: lone(onlyB, left),
  };
}

/** Whether both have found the same, and take it for the same. */
export function isAgreed({ severityDiffers, onlyA, onlyB }: ScannerComparison): boolean {
  return severityDiffers.length + onlyA.length + onlyB.length === 0;
}

function lone(findings: readonly ComparedFinding[], others: readonly ComparedFinding[]): LoneFinding[] {
  const packages = new Set(others.map((other) => packageKey(other.package)));
  const known = new Set(
    others.flatMap((other) => namesOf(other).map((id) => [id, packageKey(other.package)].join('\0'))),
  );
  return findings.map((finding) => {
    const name = packageKey(finding.package);
    if (namesOf(finding).some((id) => known.has([id, name].join('\0'))))
      return { finding, other: 'other-version' };
    return { finding, other: packages.has(name) ? 'other-vulnerabilities' : 'nothing' };
  });
}

function indexOf(findings: readonly ComparedFinding[]): ReadonlyMap<string, readonly ComparedFinding[]> {
  const index = new Map<string, ComparedFinding[]>();
  for (const finding of findings)
    for (const key of keysOf(finding)) {
      const known = index.get(key);
      if (known) known.push(finding);
      else index.set(key, [finding]);
    }
  return index;
}

/** The worst of those alike speaks for them. */
function oncePerIdentity(findings: readonly ComparedFinding[]): ComparedFinding[] {
  const kept = new Map<string, ComparedFinding>();
  for (const finding of findings) {
    const [key = ''] = keysOf(finding);
    const known = kept.get(key);
    if (!known || rankOf(finding) > rankOf(known)) kept.set(key, finding);
  }
  return [...kept.values()];
}

const RANKS = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
const rankOf = ({ severity }: ComparedFinding): number => RANKS.indexOf(severity);

const namesOf = ({ id, aliases }: ComparedFinding): string[] => [id, ...aliases];

function keysOf(finding: ComparedFinding): string[] {
  const rest = [packageKey(finding.package), versionKey(finding.version)].join('\0');
  return [...new Set(namesOf(finding))].map((id) => `${id}\0${rest}`);
}

/** Scanners differ in case and in what joins words; of a Java archive some tell the group, and some do not. */
function packageKey(name: string): string {
  const artifact = name.includes(':') ? name.slice(name.lastIndexOf(':') + 1) : name;
  return artifact.toLowerCase().replace(/[._]/g, '-');
}

/** Of Go modules some tell the letter before the number; of packages some tell an epoch that is 0. */
function versionKey(version: string): string {
  return version.replace(/^v(?=\d)/, '').replace(/^0:/, '');
}
