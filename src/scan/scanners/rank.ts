import { normalMediaType } from '../../base/media-type.ts';
import { parseGlob } from '../../base/glob.ts';
import type { ScannerRegistration } from '../../model/scanner-registration.ts';
import type { ScannerBook } from '../../store/registrations.ts';
import { isConvertible } from './report-types.ts';

/** By what a scanner is known that is Drydock itself. */
export const LOCAL_ID = 'local';
/** Of Drydock itself; registrations come after it unless they say otherwise. */
const LOCAL_PRIORITY = 0;
export const DEFAULT_PRIORITY = 100;

/** Somebody who could do it. */
export interface Candidate {
  readonly id: string;
  readonly registration?: ScannerRegistration;
}

/**
 * Best first: whoever a rule for the repository names, then the default for the type of report, then the default for
 * everything, then by priority; of those alike, the older first.
 */
export function rank<C extends Candidate>(
  candidates: readonly C[],
  book: ScannerBook,
  { mediaType, repository }: { readonly mediaType: string; readonly repository: string },
): C[] {
  const forType = defaultFor(book, mediaType);
  const general = book.defaultId ?? LOCAL_ID;
  const placeOf = ({ id, registration }: Candidate): readonly number[] => [
    registration && hasRule(registration, repository) ? 0 : 1,
    id === forType ? 0 : 1,
    id === general ? 0 : 1,
    registration?.priority ?? LOCAL_PRIORITY,
  ];
  const places = new Map(candidates.map((candidate) => [candidate, placeOf(candidate)]));
  return candidates.toSorted((a, b) => compare(places.get(a) ?? [], places.get(b) ?? []));
}

/** Who is the default for a type of report, or for one that it can be made of. */
export function defaultFor({ defaults }: ScannerBook, mediaType: string): string | undefined {
  if (Object.hasOwn(defaults, mediaType)) return defaults[mediaType];
  return Object.entries(defaults).find(([type]) => isConvertible(type, mediaType))?.[1];
}

/** Whether a registration is meant for such reports, whatever its scanner offers. */
export function isMeantFor({ scanTypes }: ScannerRegistration, mediaType: string): boolean {
  if (!scanTypes) return true;
  return scanTypes.some((type) => normalMediaType(type) === mediaType || isConvertible(type, mediaType));
}

function hasRule({ repositories }: ScannerRegistration, repository: string): boolean {
  return repositories.some((pattern) => parseGlob(pattern)?.(repository) === true);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
