import { parseMediaType, type MediaType } from '../../base/media-type.ts';
import { HarborRefusal } from './refusal.ts';
import {
  OLD_VULNERABILITY_REPORT,
  RAW_REPORT,
  SBOM_MEDIA_TYPES,
  SBOM_REPORT,
  VULNERABILITY_REPORT,
} from './media-types.ts';

/** A way to tell the report of a scan, and what the answer is called. */
export interface ReportType {
  readonly kind: 'vulnerability' | 'raw' | 'sbom';
  readonly contentType: string;
}

/** Any report can be had of any scan: Harbor does not always ask for what it will fetch. */
const OFFERED: readonly ReportType[] = [
  { kind: 'vulnerability', contentType: VULNERABILITY_REPORT },
  { kind: 'vulnerability', contentType: OLD_VULNERABILITY_REPORT },
  { kind: 'raw', contentType: RAW_REPORT },
  { kind: 'sbom', contentType: SBOM_REPORT },
];
const DEFAULT: ReportType = { kind: 'vulnerability', contentType: VULNERABILITY_REPORT };
const WILDCARDS: ReadonlySet<string> = new Set(['*/*', 'application/*']);
const MAX_RANGES = 32;

/** What an `Accept` header wants most of what there is. @throws HarborRefusal 415 */
export function reportTypeFor(accept: string | undefined): ReportType {
  if (accept === undefined || accept.trim() === '') return DEFAULT;
  for (const range of rangesOf(accept)) {
    const found = typeOf(range);
    if (found) return found;
  }
  throw new HarborRefusal(415, 'no report of such a type is made here', {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    hint: `There are ${OFFERED.map(({ contentType }) => contentType).join(', ')}.`,
  });
}

/** The most wanted first. */
function rangesOf(accept: string): MediaType[] {
  return accept
    .split(',', MAX_RANGES)
    .flatMap((text) => parseMediaType(text) ?? [])
    .map((range) => ({ range, quality: Number(range.parameters.get('q') ?? 1) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ range }) => range);
}

function typeOf({ essence, parameters }: MediaType): ReportType | undefined {
  if (WILDCARDS.has(essence)) return DEFAULT;
  // For whoever looks at it with a program of his own.
  if (essence === 'application/json') return { ...DEFAULT, contentType: 'application/json' };
  const version = parameters.get('version');
  return OFFERED.find(({ contentType }) => {
    const offered = parseMediaType(contentType);
    const isSame = offered?.essence === essence;
    return isSame && (version === undefined || version === offered.parameters.get('version'));
  });
}

export type SbomMediaType = (typeof SBOM_MEDIA_TYPES)[number];

export function isSbomMediaType(text: unknown): text is SbomMediaType {
  return (SBOM_MEDIA_TYPES as readonly unknown[]).includes(text);
}

/** The query's `sbom_media_type`. @throws HarborRefusal 400 */
export function sbomMediaTypeOf(asked: unknown): SbomMediaType {
  if (isSbomMediaType(asked)) return asked;
  const problem = asked === undefined || asked === '' ? 'missing' : 'unknown';
  throw new HarborRefusal(400, `${problem} sbom_media_type`, {
    code: 'REQUEST_INVALID',
    hint: `Ask for ${SBOM_MEDIA_TYPES.join(' or ')}.`,
  });
}
