import calculator from 'ae-cvss-calculator';
import type { Cvss, Severity } from '../../model/advisory.ts';
import type { OsvSeverity } from './record.ts';

/** What we use of the calculator, whose own types tell it as another kind of module than it is. */
interface Calculator {
  fromVector(vector: string): { calculateScores(): { readonly base?: unknown } } | null | undefined;
}

/** Words of all sources for the five that we have. */
const WORDS: ReadonlyMap<string, Severity> = new Map<string, Severity>([
  ['CRITICAL', 'CRITICAL'],
  ['HIGH', 'HIGH'],
  ['IMPORTANT', 'HIGH'],
  ['LOW', 'LOW'],
  ['MEDIUM', 'MEDIUM'],
  ['MODERATE', 'MEDIUM'],
  ['NEGLIGIBLE', 'LOW'],
  ['UNIMPORTANT', 'LOW'],
  ['UNTRIAGED', 'UNKNOWN'],
]);

/** Undefined for what is no word for a severity. Debian marks those that nobody has settled with asterisks. */
export function severityOfWord(word: string | undefined): Severity | undefined {
  return word === undefined ? undefined : WORDS.get(word.replace(/\*+$/, '').toUpperCase());
}

/** Red Hat and those who rebuild it say it before the title: `Important: kernel security update`. */
export function severityOfTitle(title: string | undefined): Severity | undefined {
  return severityOfWord(/^(Critical|Important|Moderate|Low): /.exec(title ?? '')?.[1]);
}

/** The vectors of a record, with the scores of those that are whole. */
export function cvssOf(severities: readonly OsvSeverity[]): Cvss | undefined {
  const cvss: { -readonly [K in keyof Cvss]: Cvss[K] } = {};
  for (const { type, score: vector } of severities) {
    const score = scoreOf(vector);
    if (score === undefined) continue;
    if (type === 'CVSS_V2') Object.assign(cvss, { v2Vector: vector, v2Score: score });
    else if (type === 'CVSS_V3') Object.assign(cvss, { v3Vector: vector, v3Score: score });
    else if (type === 'CVSS_V4') Object.assign(cvss, { v40Vector: vector, v40Score: score });
  }
  return Object.keys(cvss).length > 0 ? cvss : undefined;
}

/** By the newest vector, on the scale of CVSS 3; CVSS 2 has no word for the gravest. */
export function severityOfCvss({ v40Score, v3Score, v2Score }: Cvss): Severity | undefined {
  const score = v40Score ?? v3Score ?? v2Score;
  if (score === undefined) return undefined;
  if (score >= 9) return v40Score === undefined && v3Score === undefined ? 'HIGH' : 'CRITICAL';
  if (score >= 7) return 'HIGH';
  return score >= 4 ? 'MEDIUM' : 'LOW';
}

/** Undefined for a vector that is none, or one that says that nothing happens. */
function scoreOf(vector: string): number | undefined {
  if (!/^[A-Za-z0-9.:/]{10,400}$/.test(vector)) return undefined;
  try {
    const base = (calculator as Calculator).fromVector(vector)?.calculateScores().base;
    return typeof base === 'number' && base > 0 && base <= 10 ? base : undefined;
  } catch {
    // Whatever it is that the calculator does not understand.
    return undefined;
  }
}
