import { fingerprint, type Analyzer } from '../analysis/analyzer.ts';
import { fileAnalyzers } from '../analysis/list.ts';
import { ecosystems } from '../ecosystems/list.ts';

/** What is looked for besides packages. */
export type ExtraScanner = NonNullable<Analyzer['scanner']>;

/** Which analyzers run, as plain data that can be handed to a thread. */
export interface AnalyzerChoice {
  /** Installed systems (images, root file systems) or trees of sources. */
  readonly subject: NonNullable<Analyzer['appliesTo']>;
  readonly scanners: readonly ExtraScanner[];
}

/** Everything that reads files, in one list. */
const all: readonly Analyzer[] = [
  ...fileAnalyzers,
  ...ecosystems.flatMap((ecosystem) => ecosystem.analyzers),
];

export interface ChosenAnalyzers {
  readonly choice: AnalyzerChoice;
  readonly list: readonly Analyzer[];
  readonly fingerprint: string;
}

export function chooseAnalyzers(choice: AnalyzerChoice): ChosenAnalyzers {
  const list = all.filter(
    ({ appliesTo, scanner }) =>
      (appliesTo === undefined || appliesTo === choice.subject) &&
      (scanner === undefined || choice.scanners.includes(scanner)),
  );
  return { choice, list, fingerprint: fingerprint(list) };
}
