import { isObject, parseAnswer, type JsonObject } from '../answer-json.ts';
import { BOM_10, reportKind, SBOM_10, VULNERABILITY_10, VULNERABILITY_11 } from '../report-types.ts';
import { ScannerFailure, type ScannerIdentity, type ScanTask, type TaskLook } from '../scanner.ts';
import {
  artifactOf,
  timeOr,
  toSeverityWord,
  toVulnerabilityReport,
  type VulnerabilityItem,
} from '../vulnerability-report.ts';

export type CompletedLook = Extract<TaskLook, { state: 'completed' }>;

/** What a report was asked for, and of whom. */
export interface ReadingContext {
  readonly task: ScanTask;
  readonly scanner: ScannerIdentity;
  /** Of its registration. */
  readonly name: string;
}

/** How types are named to whoever asks, by their normalised spelling. */
const SPELLINGS: ReadonlySet<string> = new Set([VULNERABILITY_10, VULNERABILITY_11, SBOM_10, BOM_10]);
const [MAX_ITEMS, MAX_LINKS, MAX_CWES, MAX_ID_CHARS] = [500_000, 50, 50, 2000];

/**
 * Makes a report of the type that was asked for out of what a scanner has answered, whatever its Content-Type. What it
 * left out is filled in from the task and from its metadata; what it spelt otherwise is spelt as it should be.
 *
 * @throws ScannerFailure BACKEND_PROTOCOL
 */
export function readReport(
  bytes: Uint8Array,
  { task, scanner, bill, name }: ReadingContext & { readonly bill: string },
): CompletedLook {
  const value = parseAnswer(bytes);
  if (!value) throw noReport(name);
  const kind = reportKind(task.mediaType);
  const identity = identityOf(value['scanner'], scanner);
  const context = { task, scanner: identity, name };
  if (kind === 'vulnerability') return completed(vulnerabilitiesIn(value, context), task);
  if (kind === 'sbom') return completed(billIn(value, context, bill), task);
  return completed(value, task);
}

export function completed(report: unknown, { mediaType }: Pick<ScanTask, 'mediaType'>): CompletedLook {
  return {
    state: 'completed',
    report: Buffer.from(JSON.stringify(report)),
    contentType: SPELLINGS.has(mediaType) ? mediaType : 'application/json',
  };
}

function vulnerabilitiesIn(value: JsonObject, { task, scanner, name }: ReadingContext): unknown {
  const list = value['vulnerabilities'] ?? [];
  if (!Array.isArray(list)) throw noReport(name);
  // An error told with the status of a success, or the answer to another question.
  if (value['vulnerabilities'] === undefined && !hasAny(value, REPORT_MEMBERS)) throw noReport(name);
  assertFew(list, name);
  const items = (list as unknown[]).flatMap(itemOf);
  const generatedAt = textOf(value['generated_at']);
  return toVulnerabilityReport(items, { task, scanner, generatedAt });
}

/** @throws ScannerFailure BACKEND_PROTOCOL for more findings than are taken */
export function assertFew(findings: readonly unknown[], name: string): void {
  if (findings.length > MAX_ITEMS)
    throw refused(`scanner ${name} tells of more than ${MAX_ITEMS} vulnerabilities`);
}

const REPORT_MEMBERS = ['generated_at', 'scanner', 'artifact', 'severity'] as const;

function hasAny(value: JsonObject, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(value, name));
}

function billIn(value: JsonObject, { task, scanner, name: of }: ReadingContext, bill: string): unknown {
  const document = isObject(value['sbom']) ? value['sbom'] : bare(value);
  if (!document) throw refused(`scanner ${of} answered with no bill of materials`);
  const { name, vendor, version } = scanner;
  const attributes = value['vendor_attributes'];
  return {
    generated_at: timeOr(textOf(value['generated_at']), new Date()),
    artifact: artifactOf(task),
    scanner: { name, vendor, version },
    ...(isObject(attributes) && { vendor_attributes: attributes }),
    media_type: textOf(value['media_type']) ?? bill,
    sbom: document,
  };
}

/** The document itself, without what should be around it. */
function bare(value: JsonObject): JsonObject | undefined {
  return hasAny(value, ['spdxVersion', 'bomFormat']) ? value : undefined;
}

function identityOf(value: unknown, known: ScannerIdentity): ScannerIdentity {
  const name = isObject(value) ? textOf(value['name']) : undefined;
  if (!isObject(value) || name === undefined) return known;
  return {
    name,
    vendor: textOf(value['vendor']) ?? known.vendor,
    version: textOf(value['version']) ?? known.version,
  };
}

function itemOf(value: unknown): VulnerabilityItem[] {
  if (!isObject(value)) return [];
  const [id, name] = [wordOf(value['id']), wordOf(value['package'])];
  if (id === undefined || name === undefined) return [];
  const [status, layer, cvss] = [wordOf(value['status']), layerOf(value['layer']), cvssOf(value)];
  const cwes = textsOf(value['cwe_ids'], MAX_CWES).filter((cwe) => /^CWE-\d{1,6}$/.test(cwe));
  const attributes = value['vendor_attributes'];
  return [
    {
      id,
      package: name,
      version: wordOf(value['version']) ?? '',
      fix_version: wordOf(value['fix_version']) ?? '',
      severity: toSeverityWord(value['severity']),
      ...(status !== undefined && { status }),
      description: textOf(value['description']) ?? '',
      links: textsOf(value['links'], MAX_LINKS).filter((link) => /^https?:\/\//i.test(link)),
      ...(layer && { layer }),
      ...(cvss && { preferred_cvss: cvss }),
      ...(cwes.length > 0 && { cwe_ids: cwes }),
      ...(isObject(attributes) && { vendor_attributes: attributes }),
    },
  ];
}

function layerOf(value: unknown): VulnerabilityItem['layer'] {
  if (!isObject(value)) return undefined;
  const [digest, diffId] = [wordOf(value['digest']), wordOf(value['diff_id'])];
  if (digest === undefined && diffId === undefined) return undefined;
  return { ...(digest !== undefined && { digest }), ...(diffId !== undefined && { diff_id: diffId }) };
}

/** Some say their one score among the vendor's attributes only. */
function cvssOf(item: JsonObject): VulnerabilityItem['preferred_cvss'] {
  const said = isObject(item['preferred_cvss']) ? item['preferred_cvss'] : {};
  const attributes = isObject(item['vendor_attributes']) ? item['vendor_attributes'] : {};
  const vendors = isObject(attributes['CVSS']) ? attributes['CVSS'] : {};
  const three = scoreOf(said['score_v3']) ?? scoreOf(vendors['Base_Score']);
  const two = scoreOf(said['score_v2']);
  const [vector3, vector2] = [wordOf(said['vector_v3']), wordOf(said['vector_v2'])];
  if (three === undefined && two === undefined && vector3 === undefined && vector2 === undefined)
    return undefined;
  return {
    ...(three !== undefined && { score_v3: three }),
    ...(two !== undefined && { score_v2: two }),
    ...(vector3 !== undefined && { vector_v3: vector3 }),
    ...(vector2 !== undefined && { vector_v2: vector2 }),
  };
}

/** A zero stands for none; some write numbers as texts. */
function scoreOf(value: unknown): number | undefined {
  const score = typeof value === 'string' && /^\d{1,2}(?:\.\d{1,4})?$/.test(value) ? Number(value) : value;
  return typeof score === 'number' && score > 0 && score <= 10 ? score : undefined;
}

/** PostgreSQL takes no NUL in a text. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.replaceAll('\0', '') : undefined;
}

/** Texts by which things are told apart; numbers are taken for what they spell. */
function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : textOf(value);
  const word = text?.trim().slice(0, MAX_ID_CHARS);
  return word === '' ? undefined : word;
}

function textsOf(value: unknown, max: number): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.slice(0, max).flatMap((item) => textOf(item) ?? []);
}

function noReport(name: string): ScannerFailure {
  return refused(`scanner ${name} answered with something that is no report`);
}

function refused(message: string): ScannerFailure {
  return new ScannerFailure('BACKEND_PROTOCOL', message);
}
