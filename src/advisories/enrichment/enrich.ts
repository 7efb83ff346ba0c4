import type { Epss, Finding, KnownExploited, VulnerabilityFinding } from '../../model/finding.ts';
import type { Enrichment } from './enrichment.ts';

type Known = Pick<Enrichment, 'exploited' | 'epss'>;
type Told = Pick<VulnerabilityFinding, 'exploited' | 'epss'>;

/**
 * The findings, in their order, with what is known of their vulnerabilities' use. Where a finding stands for several,
 * its worst counts. Those of which nothing is known are the same objects.
 */
export function enrich(findings: readonly Finding[], enrichment: Known): Finding[] {
  const told = new Map<string, Told | undefined>();
  return findings.map((finding) => {
    if (finding.kind !== 'vulnerability') return finding;
    const key = [finding.id, ...finding.vendorIds].join(' ');
    if (!told.has(key)) told.set(key, tell(finding, enrichment));
    const found = told.get(key);
    return found ? { ...finding, ...found } : finding;
  });
}

function tell({ id, vendorIds }: VulnerabilityFinding, known: Known): Told | undefined {
  // Catalogues go by these ids alone.
  const ids = [...new Set([id, ...vendorIds])].filter((each) => each.startsWith('CVE-'));
  const exploited = earliest(ids.flatMap((each) => known.exploited(each) ?? []));
  const epss = highest(ids.flatMap((each) => known.epss(each) ?? []));
  if (!exploited && !epss) return undefined;
  return { ...(exploited && { exploited }), ...(epss && { epss }) };
}

function earliest(entries: readonly KnownExploited[]): KnownExploited | undefined {
  return entries.toSorted((a, b) => (a.addedOn < b.addedOn ? -1 : 1))[0];
}

function highest(scores: readonly Epss[]): Epss | undefined {
  return scores.toSorted((a, b) => b.score - a.score)[0];
}
