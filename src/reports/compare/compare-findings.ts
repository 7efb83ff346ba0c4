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
  const numbers = openNumbers();
  const [left, right] = [oncePerIdentity(a.findings, numbers), oncePerIdentity(b.findings, numbers)];
  const index = indexOf(right, numbers);
  const taken = new Set<ComparedFinding>();
  const firstFree = (key: string): ComparedFinding | undefined => {
    const waiting = index.get(key);
    while (waiting && taken.has(waiting.at(-1) as ComparedFinding)) waiting.pop();
    return waiting?.at(-1);
  };
  const pairs: ComparedPair[] = [];
  const onlyA: ComparedFinding[] = [];
  for (const finding of left) {
    const other = firstOf(keysOf(finding, numbers), firstFree);
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
    onlyA: lone(onlyA, right, numbers),
    onlyB: lone(onlyB, left, numbers),
  };
}

/** Whether both have found the same, and take it for the same. */
export function isAgreed({ severityDiffers, onlyA, onlyB }: ScannerComparison): boolean {
  return severityDiffers.length + onlyA.length + onlyB.length === 0;
}

type Known = readonly ComparedFinding[];

/** Says the same number for the same text: long texts in many keys would take more room than both reports. */
type Numbers = (text: string) => number;

function openNumbers(): Numbers {
  const known = new Map<string, number>();
  return (text) => {
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    return number;
  };
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function lone(findings: Known, others: Known, numbers: Numbers): LoneFinding[] {
  const packageOf = (finding: ComparedFinding): number => numbers(packageKey(finding.package));
  const packages = new Set(others.map(packageOf));
  const keysIn = (finding: ComparedFinding): string[] => {
    const name = packageOf(finding);
    return namesOf(finding).map((id) => `${name} ${id}`);
  };
  const known = new Set(others.flatMap(keysIn));
  return findings.map((finding) => {
    if (keysIn(finding).some((key) => known.has(key))) return { finding, other: 'other-version' };
    return { finding, other: packages.has(packageOf(finding)) ? 'other-vulnerabilities' : 'nothing' };
  });
}

/** By key, those that come last first. */
function indexOf(findings: Known, numbers: Numbers): ReadonlyMap<string, ComparedFinding[]> {
  const index = new Map<string, ComparedFinding[]>();
  for (const finding of findings.toReversed())
    for (const key of keysOf(finding, numbers)) {
      const known = index.get(key);
      if (known) known.push(finding);
      else index.set(key, [finding]);
    }
  return index;
}

/** The worst of those alike speaks for them. */
function oncePerIdentity(findings: Known, numbers: Numbers): Known {
  const kept = new Map<string, ComparedFinding>();
  for (const finding of findings) {
    const key = keyOf(finding.id, finding, numbers);
    const known = kept.get(key);
    if (!known || rankOf(finding) > rankOf(known)) kept.set(key, finding);
  }
  return [...kept.values()];
}

const RANKS = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
const rankOf = ({ severity }: ComparedFinding): number => RANKS.indexOf(severity);

const namesOf = ({ id, aliases }: ComparedFinding): string[] => [id, ...aliases];

function keysOf(finding: ComparedFinding, numbers: Numbers): string[] {
  const key = keyOf('', finding, numbers);
  return [...new Set(namesOf(finding))].map((id) => `${key}${id}`);
}

function keyOf(id: string, { package: name, version }: ComparedFinding, numbers: Numbers): string {
  return `${numbers(packageKey(name))} ${numbers(versionKey(version))} ${id}`;
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
