import { DrydockError } from '../../base/errors.ts';
import type { Severity } from '../../model/advisory.ts';

/** A JSON object of the database. Its writers differ in the case of field names, so go through {@link fieldOf}. */
export type JsonFields = Readonly<Record<string, unknown>>;

const SEVERITIES: readonly Severity[] = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const decoder = new TextDecoder();

/** @param of for messages, as in "CVE-2024-1 of openssl" */
export function parseObject(value: Uint8Array, of: string): JsonFields {
  const parsed = parse(value, of);
  return isFields(parsed) ? parsed : wrong(of, 'is no object');
}

/** Whole numbers, as the indices of Red Hat's products are kept. */
export function parseIntegers(value: Uint8Array, of: string): readonly number[] {
  const parsed = parse(value, of);
  if (!Array.isArray(parsed)) return wrong(of, 'is no list');
  return parsed.map((item: unknown) =>
    Number.isSafeInteger(item) ? (item as number) : wrong(of, 'holds no numbers'),
  );
}

function parse(value: Uint8Array, of: string): unknown {
  try {
    return JSON.parse(decoder.decode(value));
  } catch {
    return wrong(of, 'is no JSON');
  }
}

/** A record that cannot be read is a vulnerability that would not be reported, so it is never passed over. */
export function wrong(of: string, problem: string): never {
  const shown = JSON.stringify(of.slice(0, 200));
  throw new DrydockError('DATABASE_CORRUPT', `the advisory database is damaged: record ${shown} ${problem}`, {
    hint: 'Run "drydock db update --force" to fetch it anew.',
  });
}

export function isFields(value: unknown): value is JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The field of that name, else of that name in another case; absent and null are the same. */
export function fieldOf(fields: JsonFields, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name] ?? undefined;
  const lower = name.toLowerCase();
  for (const key of Object.keys(fields)) {
    if (key.length === name.length && key.toLowerCase() === lower) return fields[key] ?? undefined;
  }
  return undefined;
}

export function textField(fields: JsonFields, name: string, of: string): string {
  const value = fieldOf(fields, name);
  if (value === undefined) return '';
  return typeof value === 'string' ? value : wrong(of, `has no text in ${name}`);
}

export function textsField(fields: JsonFields, name: string, of: string): readonly string[] {
  return listField(fields, name, of).map((item) =>
    typeof item === 'string' ? item : wrong(of, `has no texts in ${name}`),
  );
}

export function integersField(fields: JsonFields, name: string, of: string): readonly number[] {
  return listField(fields, name, of).map((item) =>
    Number.isSafeInteger(item) ? (item as number) : wrong(of, `has no numbers in ${name}`),
  );
}

export function objectsField(fields: JsonFields, name: string, of: string): readonly JsonFields[] {
  return listField(fields, name, of).map((item) =>
    isFields(item) ? item : wrong(of, `has no objects in ${name}`),
  );
}

function listField(fields: JsonFields, name: string, of: string): readonly unknown[] {
  const value = fieldOf(fields, name);
  if (value === undefined) return [];
  return Array.isArray(value) ? value : wrong(of, `has no list in ${name}`);
}

/** 0 when absent. */
export function integerField(fields: JsonFields, name: string, of: string): number {
  const value = fieldOf(fields, name);
  if (value === undefined) return 0;
  return Number.isSafeInteger(value) ? (value as number) : wrong(of, `has no number in ${name}`);
}

/** The name of a severity written as a number; newer ones that we do not know are unknown. */
export function severityOf(level: unknown): Severity {
  return (typeof level === 'number' ? SEVERITIES[level] : undefined) ?? 'UNKNOWN';
}

/** The same for one written as a word. */
export function severityNamed(word: string): Severity | undefined {
  const upper = word.toUpperCase();
  return SEVERITIES.find((severity) => severity === upper);
}
