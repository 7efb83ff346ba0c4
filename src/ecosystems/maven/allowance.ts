import type { DiagnosticList } from '../diagnostic-list.ts';

/** What reading one file may cost, with all that is packed in it. */
export interface Allowance {
  readonly diagnostics: DiagnosticList;
  /** @returns false when no more of archives inside may be inflated */
  inflate(bytes: number): boolean;
  /** For archives inside that are not packed. @returns false when they cannot lie in each other any more */
  store(bytes: number): boolean;
  /** Counted by itself, so that no archive inside can hide what stands beside it. @returns false when it is too much */
  inflateText(bytes: number): boolean;
  /** @returns false when an archive inside is not to be read */
  enter(depth: number, path: string): boolean;
  /** @returns false when no more packages are taken */
  take(): boolean;
}

const MAX_DEPTH = 8;
const MAX_ARCHIVES = 1_000;
const MAX_PACKAGES = 20_000;
const MAX_INFLATED_BYTES = 2 * 2 ** 30;
/** Classes shrink to a half or a third, and the emptiest of real content to a fiftieth. */
const MAX_RATIO = 200;
const MAX_TEXT_BYTES = 256 << 20;
/** Whatever the ratio. */
const FREE_INFLATED_BYTES = 64 << 20;

export function openAllowance(fileBytes: number, diagnostics: DiagnosticList): Allowance {
  const most = Math.min(MAX_INFLATED_BYTES, Math.max(FREE_INFLATED_BYTES, fileBytes * MAX_RATIO));
  const told = new Set<string>();
  let inflated = 0;
  let stored = 0;
  let texts = 0;
  let archives = 0;
  let packages = 0;

  function refuse(message: string): false {
    if (!told.has(message)) diagnostics.add('ARCHIVE_LIMIT', message);
    told.add(message);
    return false;
  }

  return {
    diagnostics,
    inflate(bytes) {
      inflated += bytes;
      return inflated <= most || refuse(`inflates to more than ${most} bytes; the rest was not read`);
    },
    store(bytes) {
      stored += bytes;
      // A byte lies in no more archives than may lie in each other, unless entries share it.
      return (
        stored <= MAX_DEPTH * (fileBytes + inflated) ||
        refuse('has entries that lie over each other; not all of them were read')
      );
    },
    inflateText(bytes) {
      texts += bytes;
      return (
        texts <= MAX_TEXT_BYTES ||
        refuse(`has more than ${MAX_TEXT_BYTES} bytes of text; the rest was not read`)
      );
    },
    enter(depth, path) {
      if (depth > MAX_DEPTH) return refuse(`archives more than ${MAX_DEPTH} deep were not read`);
      if (++archives > MAX_ARCHIVES) return refuse(`archives inside beyond ${MAX_ARCHIVES} were not read`);
      return inflated <= most || refuse(`inflates to more than ${most} bytes; ${path} was not read`);
    },
    take() {
      return ++packages <= MAX_PACKAGES || refuse(`packages beyond ${MAX_PACKAGES} were left out`);
    },
  };
}
