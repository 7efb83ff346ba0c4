import { parseMediaType, type MediaType } from '../../base/media-type.ts';
import type { ComponentLook, CompositeLook } from '../../scan/composite/composites.ts';
import { reportTypeOf } from '../../scan/composite/scan-types.ts';
import { HarborRefusal } from '../harbor/refusal.ts';

const MAX_RANGES = 32;
const ANY: ReadonlySet<string> = new Set(['*/*', 'application/*', 'application/json']);
const COMPOSITE = 'application/vnd.scan.report';

/** Which document of a scan is wanted: the whole, or one report of it. @throws HarborRefusal 406 */
export function wantedOf(accept: string | undefined, look: CompositeLook): 'whole' | ComponentLook {
  for (const range of rangesOf(accept)) {
    if (ANY.has(range.essence) || isComposite(range)) return 'whole';
    const found = look.components.find(({ record }) => isOfType(range, record.mediaType));
    if (found) return found;
  }
  throw notAcceptable(look.components);
}

/** That a report of a part is wanted in the one form that there is. @throws HarborRefusal 406 */
export function assertAcceptable(accept: string | undefined, component: ComponentLook): void {
  const ranges = rangesOf(accept);
  if (ranges.some((range) => ANY.has(range.essence) || isOfType(range, component.record.mediaType))) return;
  throw notAcceptable([component]);
}

function notAcceptable(components: readonly ComponentLook[]): HarborRefusal {
  const types = components.map(({ record }) => record.key).join(', ');
  return new HarborRefusal(406, 'the scan has no document of such a type', {
    code: 'NOT_ACCEPTABLE',
    hint: `There are ${types}.`,
  });
}

/** The most wanted first. */
function rangesOf(accept: string | undefined): MediaType[] {
  const text = accept === undefined || accept.trim() === '' ? '*/*' : accept;
  return text
    .split(',', MAX_RANGES)
    .flatMap((range) => parseMediaType(range) ?? [])
    .map((range) => ({ range, quality: Number(range.parameters.get('q') ?? 1) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ range }) => range);
}

function isComposite({ essence, parameters }: MediaType): boolean {
  return essence === COMPOSITE && (parameters.get('version') ?? '2.0') === '2.0';
}

function isOfType({ essence, parameters }: MediaType, mediaType: string): boolean {
  const told = [...parameters].filter(([name]) => name !== 'q').map(([name, value]) => `${name}=${value}`);
  return reportTypeOf([essence, ...told].join('; ')) === mediaType;
}

/** What a `Prefer` header asks for. @see RFC 7240 */
export interface Preferences {
  readonly isAsync: boolean;
  readonly waitSeconds: number;
}

const LONGEST_WAIT_SECONDS = 60;

export function preferencesOf(header: string | readonly string[] | undefined): Preferences {
  const words = String(header ?? '')
    .slice(0, 1000)
    .split(/[,;]/)
    .map((word) => word.trim().toLowerCase());
  const wait = words.flatMap((word) => /^wait\s*=\s*"?(\d{1,6})"?$/.exec(word)?.[1] ?? [])[0];
  return {
    isAsync: words.includes('respond-async'),
    waitSeconds: Math.min(LONGEST_WAIT_SECONDS, Number(wait ?? 0)),
  };
}

/** What of it was heeded. */
export function appliedText({ isAsync, waitSeconds }: Preferences): string | undefined {
  const applied = [
    ...(isAsync ? ['respond-async'] : []),
    ...(waitSeconds > 0 ? [`wait=${waitSeconds}`] : []),
  ];
  return applied.length > 0 ? applied.join(', ') : undefined;
}
