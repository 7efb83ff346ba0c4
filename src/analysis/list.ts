import type { Analyzer } from './analyzer.ts';
import { osAnalyzers } from './os/os.ts';

/** Analyzers that are not about packages; those about packages stand with their ecosystem. */
export const fileAnalyzers: readonly Analyzer[] = [...osAnalyzers];
