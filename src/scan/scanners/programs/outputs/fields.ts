import type { VulnerabilityItem } from '../../vulnerability-report.ts';
import { isObject, type JsonObject } from '../../answer-json.ts';

const MAX_WORD_CHARS = 2000;

/** Members of what a program wrote; a null is an empty list, as Go writes one for a list never filled. */
export function objectsIn(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];
}

export function objectIn(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '') : '';
}

/** A text by which things are told apart. */
export function wordIn(value: unknown): string {
  return textIn(value).trim().slice(0, MAX_WORD_CHARS);
}

export function wordsIn(value: unknown, max = 50): string[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).slice(0, max).flatMap((item) => wordIn(item) || []);
}

export function linksIn(...values: readonly unknown[]): string[] {
  const links = values.flatMap((value) => (Array.isArray(value) ? wordsIn(value) : wordIn(value) || []));
  return [...new Set(links)].filter((link) => /^https?:\/\//i.test(link)).slice(0, 20);
}

/** A zero stands for none. */
export function scoreIn(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value <= 10 ? value : undefined;
}

export type PreferredCvss = NonNullable<VulnerabilityItem['preferred_cvss']>;

export function cvssOf(
  three: { readonly score: number | undefined; readonly vector: string } | undefined,
  two: { readonly score: number | undefined; readonly vector: string } | undefined,
): PreferredCvss | undefined {
  const cvss: PreferredCvss = {
    ...(three?.score !== undefined && { score_v3: three.score }),
    ...(three && three.vector !== '' && { vector_v3: three.vector }),
    ...(two?.score !== undefined && { score_v2: two.score }),
    ...(two && two.vector !== '' && { vector_v2: two.vector }),
  };
  return Object.keys(cvss).length === 0 ? undefined : cvss;
}
