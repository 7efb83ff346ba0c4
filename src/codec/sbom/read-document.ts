import { isWithinJsonBounds } from '../bounded-json.ts';
import { parseCycloneDx } from './cyclonedx.ts';
import { SBOM_LIMITS, SbomError, type SbomDocument } from './document.ts';
import { unwrap } from './envelope.ts';
import { objectIn, textAt, type JsonObject } from './json-members.ts';
import { isSpdx3, parseSpdxJson } from './spdx-json.ts';
import { parseSpdxTagValue } from './spdx-tag-value.ts';

/**
 * A bill of materials of either format, as it is or in an attestation.
 *
 * @throws SbomError for everything else
 */
export function readSbomDocument(bytes: Uint8Array): SbomDocument {
  if (bytes.length > SBOM_LIMITS.bytes)
    throw new SbomError('too-large', `it has more than ${SBOM_LIMITS.bytes >> 20} MiB`);
  const text = withoutMark(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  const start = /\S/.exec(text)?.[0];
  if (start === '{') return readJson(text, bytes);
  if (start === '<')
    throw new SbomError('unsupported', 'it is written in XML; the same document in JSON can be read');
  if (/^[ \t]*SPDXVersion:/m.test(text.slice(0, 4096))) return parseSpdxTagValue(text);
  throw new SbomError('damaged', 'it is neither CycloneDX nor SPDX');
}

/** Some editors put a mark before the text. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Attestations are often written one a line: the first that holds a bill of materials counts. */
function readJson(text: string, bytes: Uint8Array): SbomDocument {
  const whole = parseBounded(text, bytes);
  if (whole !== undefined) return readRoot(whole);
  const problems: SbomError[] = [];
  for (const line of linesOf(text)) {
    const value = parseBounded(line);
    if (value === undefined) break;
    try {
      return readRoot(value);
    } catch (error) {
      if (!(error instanceof SbomError)) throw error;
      problems.push(error);
    }
    if (problems.length >= MAX_LINES) break;
  }
  throw problems[0] ?? new SbomError('damaged', 'it is not JSON');
}

const MAX_LINES = 1_000;

function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found;
    const line = text.slice(from, end);
    if (line.trim() !== '') yield line;
    from = end + 1;
  }
}

function readRoot(value: unknown): SbomDocument {
  const root = objectIn(value);
  if (!root) throw new SbomError('damaged', 'it is no JSON object');
  return toDocument(unwrap(root, (text) => parseBounded(text)));
}

function toDocument(node: JsonObject): SbomDocument {
  if (textAt(node, 'bomFormat') === 'CycloneDX') return parseCycloneDx(node);
  if (textAt(node, 'spdxVersion') !== undefined) return parseSpdxJson(node);
  if (isSpdx3(node)) throw new SbomError('unsupported', 'its version of SPDX is 3');
  throw new SbomError('damaged', 'it is neither CycloneDX nor SPDX');
}

/** Undefined for text that is no JSON. */
function parseBounded(text: string, bytes: Uint8Array = Buffer.from(text)): unknown {
  if (!isWithinJsonBounds(bytes, SBOM_LIMITS))
    throw new SbomError('too-large', 'it has more objects, or more within each other, than any real one');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // where the fault lies helps nobody; the caller says which document it was
  }
}

const MARKS: readonly RegExp[] = [
  /^[ \t]*SPDXVersion:/m,
  /"(?:bomFormat|spdxVersion|SPDXID|predicateType|payloadType|dsseEnvelope|sbom)"\s*:/,
  /<bom\s[^>]{0,400}cyclonedx/,
  /"@context"\s*:\s*"https:\/\/spdx\.org/,
];

/** Whether a file that begins so may be a bill of materials. The first few kilobytes are enough. */
export function looksLikeSbom(firstBytes: Uint8Array): boolean {
  const { buffer, byteOffset, byteLength } = firstBytes;
  const text = withoutMark(Buffer.from(buffer, byteOffset, Math.min(byteLength, 8192)).toString('utf8'));
  return /^\s*[{<S#]/.test(text) && MARKS.some((mark) => mark.test(text));
}
