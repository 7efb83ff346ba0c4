import type { Cvss } from '../../model/advisory.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';

/** The scores by which Harbor ranks and filters. */
export interface PreferredCvss {
  readonly score_v3?: number;
  readonly vector_v3?: string;
  readonly score_v2?: number;
  readonly vector_v2?: string;
}

/**
 * Of the source whose severity counts, else of NVD, else of any; for each version by itself, as many sources have one
 * only. Undefined where nobody has a score of either.
 */
export function preferredCvss({
  severitySource,
  vulnerability: { cvssBySource },
}: VulnerabilityFinding): PreferredCvss | undefined {
  const names = [severitySource ?? 'nvd', 'nvd', ...Object.keys(cvssBySource).sort()];
  const inOrder = names.flatMap((name) => (Object.hasOwn(cvssBySource, name) ? [cvssBySource[name]] : []));
  const found = inOrder.filter((cvss): cvss is Cvss => cvss !== undefined);
  const three = found.find(({ v3Score }) => isScore(v3Score));
  const two = found.find(({ v2Score }) => isScore(v2Score));
  if (!three && !two) return undefined;
  return {
    ...(three?.v3Score !== undefined && { score_v3: three.v3Score }),
    ...(three?.v3Vector !== undefined && { vector_v3: three.v3Vector }),
    ...(two?.v2Score !== undefined && { score_v2: two.v2Score }),
    ...(two?.v2Vector !== undefined && { vector_v2: two.v2Vector }),
  };
}

/** Databases write 0 where they have none. */
function isScore(score: number | undefined): boolean {
  return score !== undefined && score > 0 && score <= 10;
}
