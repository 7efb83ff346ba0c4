import type { Severity } from '../../model/advisory.ts';
import type { Paint } from './paint.ts';

export interface TableStyle {
  readonly paint: Paint;
  readonly isLinking: boolean;
  /** Columns to fill; `Infinity` where lines may be of any length. */
  readonly width: number;
}

/** One finding in the words of the table, safe to print. */
export interface Row {
  readonly name: string;
  readonly installed: string;
  readonly id: string;
  readonly severity: Severity;
  /** The version that mends it, or why there is none. */
  readonly remedy: string;
  readonly isFixed: boolean;
  readonly title: string;
  readonly url: string | undefined;
}
