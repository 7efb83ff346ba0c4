import type { Cvss } from '../model/advisory.ts';
import type { VulnerabilityFinding } from '../model/finding.ts';

export interface Score {
  readonly score?: number;
  readonly vector?: string;
}

/** The base score by which a vulnerability is ranked: of the source whose severity counts, else of NVD, else of any. */
export function cvssOf({ severitySource, vulnerability }: VulnerabilityFinding): Score {
  const { cvssBySource } = vulnerability;
  const others = Object.keys(cvssBySource).sort();
  for (const name of [severitySource ?? 'nvd', 'nvd', ...others]) {
    const cvss = Object.hasOwn(cvssBySource, name) ? cvssBySource[name] : undefined;
    const found = cvss && newestScore(cvss);
    if (found) return found;
  }
  return {};
}

/** Version 3 first, as most severities are made of it. */
function newestScore(cvss: Cvss): Score | undefined {
  const { v3Score, v3Vector, v40Score, v40Vector, v2Score, v2Vector } = cvss;
  if (isScore(v3Score)) return { score: v3Score, ...(v3Vector && { vector: v3Vector }) };
  if (isScore(v40Score)) return { score: v40Score, ...(v40Vector && { vector: v40Vector }) };
  if (isScore(v2Score)) return { score: v2Score, ...(v2Vector && { vector: v2Vector }) };
  return undefined;
}

/** Databases write 0 where they have none. */
function isScore(score: number | undefined): score is number {
  return score !== undefined && score > 0 && score <= 10;
}
