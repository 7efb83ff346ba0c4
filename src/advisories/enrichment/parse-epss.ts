import { DrydockError } from '../../base/errors.ts';
import type { Epss } from '../../model/finding.ts';

export interface EpssScores {
  /** When they were computed, where it is told. */
  readonly scoredAt?: string;
  readonly rows: Iterable<readonly [id: string, scored: Epss] | undefined>;
}

const MAX_ROWS = 5_000_000;
const CVE = /^CVE-[0-9]{4}-[0-9]{4,19}$/;
const NUMBER = /^[0-9](?:\.[0-9]{1,20})?(?:[eE]-?[0-9]{1,3})?$/;

/**
 * Reads the scores of the Exploit Prediction Scoring System: a comment with the date, then `cve,epss,percentile`. A
 * row that cannot be read comes as undefined.
 *
 * @throws DrydockError DATABASE_CORRUPT when it is none, DATABASE_LIMIT
 * @see https://www.first.org/epss/data_stats
 */
export function parseEpss(text: string, name: string): EpssScores {
  const lines = linesOf(text);
  let header = lines.next();
  let scoredAt: string | undefined;
  while (header.done !== true && header.value.startsWith('#')) {
    scoredAt ??= /score_date:([0-9T:.+-]{10,30}Z?)/.exec(header.value.slice(0, 500))?.[1];
    header = lines.next();
  }
  if (header.done === true || !header.value.startsWith('cve,epss,percentile'))
    throw new DrydockError(
      'DATABASE_CORRUPT',
      `${name} holds no scores of the Exploit Prediction Scoring System`,
    );
  const date = /^[0-9]{4}-[0-9]{2}-[0-9]{2}/.exec(scoredAt ?? '')?.[0];
  const rows = rowsOf(lines, date, name);
  return scoredAt === undefined || Number.isNaN(Date.parse(scoredAt)) ? { rows } : { rows, scoredAt };
}

function* rowsOf(
  lines: Iterable<string>,
  date: string | undefined,
  name: string,
): Generator<readonly [string, Epss] | undefined> {
  let count = 0;
  for (const line of lines) {
    if (line === '') continue;
    if (++count > MAX_ROWS)
      throw new DrydockError('DATABASE_LIMIT', `${name} has more than ${MAX_ROWS} rows`);
    const [id = '', score = '', percentile = ''] = line.slice(0, 200).split(',');
    const scored = {
      score: share(score),
      percentile: share(percentile),
      ...(date !== undefined && { date }),
    };
    const isSound = CVE.test(id) && !Number.isNaN(scored.score) && !Number.isNaN(scored.percentile);
    yield isSound ? [id, scored] : undefined;
  }
}

/** From 0 to 1; NaN for anything else. */
function share(text: string): number {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  return value <= 1 ? value : Number.NaN;
}

function* linesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    yield text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    at = end + 1;
  }
}
