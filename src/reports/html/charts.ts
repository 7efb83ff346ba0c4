import type { Severity } from '../../model/advisory.ts';
import { SEVERITIES } from '../severities.ts';
import { markup, type Markup } from './markup.ts';
import { SEVERITY_KEYS, SEVERITY_WORDS } from './words.ts';

type Counts = Readonly<Record<Severity, number>>;

interface Share {
  readonly severity: Severity;
  readonly count: number;
  /** In hundredths of the whole. */
  readonly start: number;
  readonly length: number;
}

function sharesOf(counts: Counts): Share[] {
  const total = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
  let start = 0;
  return SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => {
    const length = (counts[severity] / total) * 100;
    const share = { severity, count: counts[severity], start, length };
    start += length;
    return share;
  });
}

function wordsOf(shares: readonly Share[]): string {
  return shares.map(({ severity, count }) => `${count} ${SEVERITY_WORDS[severity].toLowerCase()}`).join(', ');
}

/** A ring with the total in it. */
export function donut(counts: Counts): Markup {
  const shares = sharesOf(counts);
  const total = shares.reduce((sum, { count }) => sum + count, 0);
  // A gap between the parts, but never so wide that a small part is gone.
  const gap = shares.length > 1 ? 0.8 : 0;
  const ring = shares.map(
    ({ severity, start, length }) =>
      markup`<circle class="arc ${SEVERITY_KEYS[severity]}" cx="60" cy="60" r="48" pathLength="100" stroke-dasharray="${Math.max(0.6, length - gap).toFixed(2)} 100" stroke-dashoffset="${(-start).toFixed(2)}"/>`,
  );
  return markup`<svg class="donut" viewBox="0 0 120 120" role="img" aria-label="${total} findings: ${wordsOf(shares)}"><circle class="track" cx="60" cy="60" r="48"/><g transform="rotate(-90 60 60)">${ring}</g><text class="total" x="60" y="${total > 9999 ? 64 : 66}" text-anchor="middle">${total}</text><text class="unit" x="60" y="82" text-anchor="middle">${total === 1 ? 'finding' : 'findings'}</text></svg>`;
}

/** A line in the colours of its parts. */
export function bar(counts: Counts): Markup {
  const shares = sharesOf(counts);
  const parts = shares.map(
    ({ severity, start, length }) =>
      markup`<rect class="${SEVERITY_KEYS[severity]}" x="${start.toFixed(2)}" y="0" width="${length.toFixed(2)}" height="6"/>`,
  );
  return markup`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="${wordsOf(shares)}"><rect class="track" width="100" height="6"/>${parts}</svg>`;
}

/** How much of a whole, as a line. */
export function meter(part: number, whole: number): Markup {
  const length = whole === 0 ? 0 : (part / whole) * 100;
  return markup`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="good" width="${length.toFixed(2)}" height="6"/></svg>`;
}
