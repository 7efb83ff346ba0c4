import type { ProgramOutput } from '../../../../model/scanner-registration.ts';
import {
  assertFew,
  completed,
  readReport,
  type CompletedLook,
  type ReadingContext,
} from '../../adapter/read-report.ts';
import { isObject, parseAnswer, type JsonObject } from '../../answer-json.ts';
import { CYCLONEDX, SPDX, type BillMediaType } from '../../report-types.ts';
import { ScannerFailure } from '../../scanner.ts';
import { artifactOf, toVulnerabilityReport, type VulnerabilityItem } from '../../vulnerability-report.ts';
import { readGrypeJson } from './grype-json.ts';
import { readSyftJson } from './syft-json.ts';
import { readTrivyJson } from './trivy-json.ts';

/** What a bill of such an output is; undefined where the output says it itself, or is none. */
export function billOf(output: ProgramOutput): BillMediaType | undefined {
  if (output === 'spdx-json') return SPDX;
  return output === 'cyclonedx-json' || output === 'syft-json' ? CYCLONEDX : undefined;
}

/**
 * Makes a report of the type that was asked for out of what a program has written.
 *
 * @throws ScannerFailure BACKEND_PROTOCOL
 */
export function readOutput(bytes: Uint8Array, output: ProgramOutput, context: ReadingContext): CompletedLook {
  const { task, name } = context;
  if (output === 'harbor') return readReport(bytes, { ...context, bill: SPDX });
  const value = parseAnswer(bytes);
  if (!value) throw refused(name, output);
  const bill = billOf(output);
  if (bill) return completed(billReport(value, output, bill, context), task);
  const items = output === 'trivy-json' ? readTrivyJson(value) : readGrypeJson(value);
  if (!items) throw refused(name, output);
  assertFew(items, name);
  const generatedAt = timeIn(value);
  return completed(toVulnerabilityReport(items, { ...context, generatedAt }), task);
}

/** Items alone, for whoever compares. @throws ScannerFailure BACKEND_PROTOCOL */
export function readItems(
  bytes: Uint8Array,
  output: ProgramOutput,
  context: ReadingContext,
): readonly VulnerabilityItem[] {
  const { report } = readOutput(bytes, output, context);
  const value = JSON.parse(Buffer.from(report).toString()) as { vulnerabilities?: VulnerabilityItem[] };
  return value.vulnerabilities ?? [];
}

function billReport(
  value: JsonObject,
  output: ProgramOutput,
  mediaType: BillMediaType,
  { task, scanner, name: of }: ReadingContext,
): unknown {
  const document = output === 'syft-json' ? readSyftJson(value) : documentIn(value, mediaType);
  if (!document) throw refused(of, output);
  const { name, vendor, version } = scanner;
  return {
    generated_at: new Date().toISOString(),
    artifact: artifactOf(task),
    scanner: { name, vendor, version },
    media_type: mediaType,
    sbom: document,
  };
}

function documentIn(value: JsonObject, mediaType: BillMediaType): JsonObject | undefined {
  return Object.hasOwn(value, mediaType === SPDX ? 'spdxVersion' : 'bomFormat') ? value : undefined;
}

function timeIn(value: JsonObject): string | undefined {
  const descriptor = isObject(value['descriptor']) ? value['descriptor'] : {};
  const said = value['CreatedAt'] ?? descriptor['timestamp'];
  return typeof said === 'string' ? said : undefined;
}

function refused(name: string, output: ProgramOutput): ScannerFailure {
  return new ScannerFailure('BACKEND_PROTOCOL', `scanner ${name} wrote something that is no ${output}`);
}
