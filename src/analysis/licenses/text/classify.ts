import type { LicenseClue } from '../../../model/analysis.ts';
import { normalizeLicense } from '../normalize-license.ts';
import { LICENSE_FINGERPRINTS } from './fingerprint-data.ts';
import { decodeFingerprints, type Fingerprint } from './fingerprint.ts';
import { shinglesOf } from './shingles.ts';

/** Recognises full texts of licences. */
export interface LicenseClassifier {
  /** Those whose text stands in this one, the longest first; work is bounded whatever the text. */
  classify(text: string): LicenseClue[];
}

interface Candidate {
  readonly of: Fingerprint;
  readonly matched: number;
  readonly confidence: number;
  /** Shingles explained, less what should be there and is not. */
  readonly score: number;
}

/** How much more a missing shingle says than one that is there: licences are often made from others. */
const MISSING_WEIGHT = 3;
/** Of two texts that share more than this only one is meant. */
const MAX_SHARED = 0.5;
const MAX_FOUND = 20;

export const DEFAULT_CONFIDENCE = 0.9;

/** @param confidence of the text of a licence that has to be there, from 0 to 1 */
export function openLicenseClassifier(confidence = DEFAULT_CONFIDENCE): LicenseClassifier {
  const fingerprints = decodeFingerprints(LICENSE_FINGERPRINTS);
  const index = indexOf(fingerprints);
  return {
    classify(text) {
      const counts = countMatches(text, index, fingerprints.length);
      const candidates = fingerprints
        .map((of, at) => toCandidate(of, counts[at] ?? 0))
        .filter((candidate) => candidate.confidence >= confidence)
        .sort((a, b) => b.score - a.score);
      return choose(candidates).map(toClue);
    },
  };
}

/** Which licences have a shingle. */
function indexOf(fingerprints: readonly Fingerprint[]): ReadonlyMap<number, readonly number[]> {
  const index = new Map<number, number[]>();
  fingerprints.forEach(({ hashes }, at) => {
    for (const hash of hashes) {
      const known = index.get(hash);
      if (known) known.push(at);
      else index.set(hash, [at]);
    }
  });
  return index;
}

function countMatches(
  text: string,
  index: ReadonlyMap<number, readonly number[]>,
  licenses: number,
): Uint32Array {
  const counts = new Uint32Array(licenses);
  const seen = new Set<number>();
  for (const hash of shinglesOf(text)) {
    const having = index.get(hash);
    if (having === undefined || seen.has(hash)) continue;
    seen.add(hash);
    for (const at of having) counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts;
}

function toCandidate(of: Fingerprint, matched: number): Candidate {
  const missing = of.hashes.length - matched;
  const scale = of.shingles / of.hashes.length;
  return {
    of,
    matched,
    confidence: matched / of.hashes.length,
    score: scale * (matched - MISSING_WEIGHT * missing),
  };
}

/** The best of each group of texts that hold one another. */
function choose(candidates: readonly Candidate[]): Candidate[] {
  const chosen: Candidate[] = [];
  for (const candidate of candidates) {
    if (chosen.length === MAX_FOUND) break;
    if (!chosen.some((better) => sharedPart(candidate.of, better.of) > MAX_SHARED)) chosen.push(candidate);
  }
  return chosen;
}

/** How much of the first text stands in the second, as far as the hashes kept of it tell. */
function sharedPart(first: Fingerprint, second: Fingerprint): number {
  const isWhole = second.hashes.length === second.shingles;
  const limit = isWhole ? Infinity : (second.hashes.at(-1) ?? 0);
  const comparable = first.hashes.filter((hash) => hash <= limit);
  if (comparable.length === 0) return 0;
  const others = new Set(second.hashes);
  return comparable.filter((hash) => others.has(hash)).length / comparable.length;
}

function toClue({ of, confidence }: Candidate): LicenseClue {
  return { name: normalizeLicense(of.id), confidence: Math.floor(confidence * 1000) / 1000 };
}
