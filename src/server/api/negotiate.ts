import { DrydockError } from '../../base/errors.ts';
import type { ReportFormat } from '../../reports/format.ts';
import { loadFormats } from '../../reports/list.ts';

/** A template is a program of the asker's, and a terminal is not what answers are read on. */
const NOT_SERVED: ReadonlySet<string> = new Set(['template']);
const MAX_RANGES = 64;

export async function servedFormats(): Promise<readonly ReportFormat[]> {
  return (await loadFormats()).filter(({ id }) => !NOT_SERVED.has(id));
}

/**
 * The format to tell a report in: the one named, else the best that the `Accept` header takes (RFC 9110, 12.5.1), else
 * JSON.
 *
 * @throws DrydockError FORMAT_UNKNOWN
 */
export async function formatFor(
  named: string | undefined,
  accept: string | undefined,
): Promise<ReportFormat> {
  const formats = await servedFormats();
  const found =
    named === undefined
      ? byAccept(accept ?? '*/*', formats)
      : formats.find(({ id }) => id === named.toLowerCase());
  if (found) return found;
  throw new DrydockError('FORMAT_UNKNOWN', `no report format is ${named ?? `of type ${accept ?? ''}`}`, {
    hint: `Formats are ${formats.map(({ id }) => id).join(', ')}.`,
  });
}

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

function byAccept(accept: string, formats: readonly ReportFormat[]): ReportFormat | undefined {
  const json = formats.filter(({ id }) => id === 'json');
  // Of formats that share a type the plain one comes first.
  const inOrder = [...json, ...formats.filter(({ id }) => id !== 'json')];
  for (const { type } of rangesOf(accept)) {
    const found = inOrder.find(({ mediaType }) => fits(type, typeOf(mediaType)));
    if (found) return found;
  }
  return undefined;
}

/** Those that are wanted at all, the most wanted first. */
function rangesOf(accept: string): MediaRange[] {
  return accept
    .split(',', MAX_RANGES)
    .map((range) => {
      const quality = /;\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)/i.exec(range)?.[1];
      return { type: typeOf(range), quality: Number(quality ?? 1) };
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality);
}

function typeOf(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

function fits(wanted: string, type: string): boolean {
  if (wanted === '*/*' || wanted === type) return true;
  return wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1));
}
