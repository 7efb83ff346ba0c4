import { fingerprint, type Analyzer } from '../analysis/analyzer.ts';
import { fileAnalyzers } from '../analysis/list.ts';
import { ecosystems, mixedAnalyzers } from '../ecosystems/list.ts';
import type { AnalyzerChoice } from './analyzer-choice.ts';

export type { AnalyzerChoice, ExtraScanner } from './analyzer-choice.ts';

export interface ChosenAnalyzers {
  readonly choice: AnalyzerChoice;
  readonly list: readonly Analyzer[];
  readonly fingerprint: string;
}

/** What most scans do not need is not even loaded. */
export async function chooseAnalyzers(choice: AnalyzerChoice): Promise<ChosenAnalyzers> {
  const isExtra = choice.subject === 'source' || choice.scanners.length > 0;
  const all = [
    ...fileAnalyzers,
    ...ecosystems.flatMap((ecosystem) => ecosystem.analyzers),
    ...mixedAnalyzers,
    ...(isExtra ? (await import('./extras.ts')).extraAnalyzers(choice) : []),
  ];
  const list = all.filter(
    ({ appliesTo, scanner }) =>
      (appliesTo === undefined || appliesTo === choice.subject) &&
      (scanner === undefined || choice.scanners.includes(scanner)),
  );
  return { choice, list, fingerprint: fingerprint(list) };
}
