import type { Diagnostic } from '../model/analysis.ts';

export type FileDiagnostic = Omit<Diagnostic, 'by' | 'path'>;

/** What is to be said about one file. However bad the file, the list stays short. */
export interface DiagnosticList {
  add(code: string, message: string): void;
  /** In order of their being added, with the number of those left out at the end. */
  all(): readonly FileDiagnostic[];
}

/** Beyond this many of one code, the rest are counted only. */
const MAX_PER_CODE = 20;

export function openDiagnosticList(): DiagnosticList {
  const kept: FileDiagnostic[] = [];
  const counts = new Map<string, number>();
  return {
    add(code, message) {
      const count = (counts.get(code) ?? 0) + 1;
      counts.set(code, count);
      if (count <= MAX_PER_CODE) kept.push({ code, message });
    },
    all() {
      const rest = [...counts].flatMap(([code, count]) =>
        count > MAX_PER_CODE ? [{ code, message: `and ${count - MAX_PER_CODE} more of these` }] : [],
      );
      return [...kept, ...rest];
    },
  };
}

/** Untrusted text for a message: quoted, escaped, and not long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
