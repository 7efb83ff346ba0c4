import type { Analyzer } from '../analysis/analyzer.ts';
import { fileAnalyzers } from '../analysis/list.ts';
import { ecosystems } from '../ecosystems/list.ts';

/** Everything that reads files out of a layer, in one list. */
export const analyzers: readonly Analyzer[] = [
  ...fileAnalyzers,
  ...ecosystems.flatMap((ecosystem) => ecosystem.analyzers),
];
