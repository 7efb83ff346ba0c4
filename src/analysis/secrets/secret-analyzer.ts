import { createHash } from 'node:crypto';
import type { Analyzer, AnalyzerSession, FileHeader, FileResult, FileSink } from '../analyzer.ts';
import { compileRules, type CompiledRules } from './compile-rules.ts';
import { findSecrets } from './find-secrets.ts';
import { HEAD_BYTES, isBinary } from './is-binary.ts';
import type { SecretRules } from './secret-rule.ts';

const MIN_FILE_BYTES = 10;
/** Larger ones are hardly written by hand. */
const MAX_FILE_BYTES = 10 << 20;
const MAX_PATH_STEPS = 2_000_000;

/**
 * Finds secrets in text files by the rules given. Its id holds their digest, so that analyses made with other rules are
 * never mistaken for its own.
 *
 * Rules that do not come from `loadSecretConfig` must be in RE2 syntax: a PatternError is thrown by `wants` otherwise.
 */
export function secretAnalyzer(rules: SecretRules): Analyzer {
  const digest = createHash('sha256').update(JSON.stringify(rules)).digest('hex');
  let compiled: CompiledRules | undefined;
  // Not before it is needed: most scans look for no secrets.
  const ready = (): CompiledRules => (compiled ??= compileRules(rules));
  return {
    id: `secret@${digest.slice(0, 16)}`,
    reads: 'all text',
    version: 1,
    scanner: 'secret',
    // Only text is limited, and whether a file is text is seen when it is read.
    maxFileBytes: Number.MAX_SAFE_INTEGER,
    wants: (file) => file.sizeBytes >= MIN_FILE_BYTES && !isPassedOver(ready(), file.path),
    begin: () => openSession(ready()),
  };
}

function isPassedOver(compiled: CompiledRules, path: string): boolean {
  if (compiled.skipsPath(path)) return true;
  return compiled.allowsPath?.(path, { steps: MAX_PATH_STEPS }) ?? false;
}

function openSession(compiled: CompiledRules): AnalyzerSession {
  const space = reusedSpace();

  function search(file: FileHeader, content: Uint8Array): FileResult | undefined {
    if (isBinary(content) && !file.path.endsWith('.pyc')) return undefined;
    return file.sizeBytes > MAX_FILE_BYTES ? tooLarge(file) : findSecrets(compiled, file.path, content);
  }
  return {
    add: (file) => search(file, file.content),
    open: (file) => openSink(file, space, (content) => search(file, content)),
  };
}

function tooLarge({ sizeBytes }: FileHeader): FileResult {
  const message = `${sizeBytes} bytes of text, more than the ${MAX_FILE_BYTES} that are searched for secrets`;
  return { diagnostics: [{ code: 'FILE_TOO_LARGE', message }] };
}

/** Until a file is known to be text, no more is set aside for it. */
const FIRST_BYTES = 64 << 10;

/** Gathers a file, or as much of it as tells that it is none of ours. */
function openSink(
  file: FileHeader,
  space: Space,
  search: (content: Uint8Array) => FileResult | undefined,
): FileSink {
  const wanted = file.sizeBytes > MAX_FILE_BYTES ? HEAD_BYTES : Math.min(file.sizeBytes, MAX_FILE_BYTES);
  let content = space.take(Math.min(wanted, FIRST_BYTES));
  let length = 0;
  let isOfInterest = true;
  return {
    write(piece) {
      if (!isOfInterest) return false;
      const taken = piece.subarray(0, wanted - length);
      if (length + taken.length > content.length) {
        const larger = space.take(wanted);
        larger.set(content.subarray(0, length));
        space.giveBack(content);
        content = larger;
      }
      content.set(taken, length);
      const isHeadNew = length < HEAD_BYTES;
      length += taken.length;
      if (isHeadNew && length >= HEAD_BYTES && !file.path.endsWith('.pyc')) {
        isOfInterest = !isBinary(content.subarray(0, length));
      }
      return isOfInterest && length < wanted;
    },
    end() {
      const result = isOfInterest ? search(content.subarray(0, length)) : undefined;
      space.giveBack(content);
      return result;
    },
  };
}

interface Space {
  take(bytes: number): Uint8Array;
  giveBack(space: Uint8Array): void;
}

const KEPT_BYTES = 1 << 20;

/** One buffer for one file after another; files that are open at the same time get their own. */
function reusedSpace(): Space {
  let free: Uint8Array | undefined;
  return {
    take(bytes) {
      const known = free;
      free = undefined;
      return known && known.length >= bytes ? known : new Uint8Array(Math.max(bytes, FIRST_BYTES));
    },
    giveBack(space) {
      if (space.length <= KEPT_BYTES && space.length >= (free?.length ?? 0)) free = space;
    },
  };
}
