import { CodecError } from '../codec-error.ts';
import { MAX_ENTRIES } from './directory.ts';
import {
  DEFLATED,
  DIRECTORY_ENTRY_BYTES,
  directoryEntryBytes,
  LOCAL_BYTES,
  localHeaderBytes,
  parseLocalHeader,
  type LocalHeader,
} from './entry.ts';
import { openInflater } from './inflate.ts';
import { checkReadable } from './read-zip.ts';
import { openStreamDirectory, type ZipStreamEnd } from './stream-directory.ts';
import { findContentEnd, MARK_BYTES, MAX_DESCRIPTOR_BYTES, nextMark } from './signatures.ts';

/** Takes the inflated content of one entry in pieces, each valid until `write` returns. */
export interface ZipContentSink {
  /** @returns false when the rest is of no interest */
  write(piece: Uint8Array): boolean;
  /** @param problem why the content is not whole */
  end(problem?: CodecError): void;
}

export interface ZipStreamOptions {
  /** Which names matter at all. */
  wanted(name: string): boolean;
  /** Called for a wanted entry when it comes. */
  open(header: LocalHeader, position: number): ZipContentSink;
}

/** Reads an archive as it comes, once and forwards. */
export interface ZipStream {
  /** @returns false when nothing more can be learnt */
  write(piece: Uint8Array): boolean;
  end(): ZipStreamEnd;
}

/** The content that is passing. */
interface Content {
  readonly hasDescriptor: boolean;
  passed: number;
  /** Unless its length is not known yet. */
  left: number;
  /** Absent where it is passed over. */
  readonly entry?: { write(compressed: Uint8Array): void; end(problem?: CodecError): void };
}

interface Step {
  /** Where the next step begins. */
  readonly next: number;
  /** More bytes are needed. */
  readonly isStuck: boolean;
}

const END_BYTES = 22;
const END64_BYTES = 56;

/**
 * Reads a zip archive of any size in little memory: parts are known by their marks, entries that nobody wants are
 * passed over without being inflated, and what was met is compared with the directory when that comes. Never throws
 * on bad input: what cannot be read is passed over up to the next mark.
 */
export function openZipStream(options: ZipStreamOptions): ZipStream {
  const met = new Map<number, string>();
  const directory = openStreamDirectory((name) => options.wanted(name));
  let pending: Buffer = Buffer.alloc(0);
  /** Of the first byte of `pending`. */
  let position = 0;
  let content: Content | undefined;
  let isOverfull = false;

  function step(bytes: Buffer, at: number): Step {
    if (content)
      return content.hasDescriptor ? searchedContent(content, bytes, at) : countedContent(content, bytes, at);
    const mark = nextMark(bytes, at);
    if (!mark) return { next: Math.max(at, bytes.length - MARK_BYTES + 1), isStuck: true };
    const length = markedBytes(bytes, mark.at, mark.kind);
    if (length === undefined || mark.at + length > bytes.length) return { next: mark.at, isStuck: true };
    const { kind, at: found } = mark;
    // What makes no sense is passed over.
    attempt(() => {
      if (kind === 'local') begin(parseLocalHeader(bytes, found), position + found);
      else directory.take(kind, bytes, found, position + found);
    });
    return { next: mark.at + length, isStuck: false };
  }

  function begin(header: LocalHeader, at: number): void {
    directory.leave();
    const isWanted = options.wanted(header.name);
    if (isWanted) met.set(at, header.name);
    if (met.size > MAX_ENTRIES) isOverfull = true;
    const { hasDescriptor, compressedBytes } = header;
    const entry = isWanted ? unpacking(header, options.open(header, at)) : undefined;
    content = { hasDescriptor, passed: 0, left: compressedBytes, ...(entry && { entry }) };
  }

  function countedContent(of: Content, bytes: Buffer, at: number): Step {
    const next = at + Math.min(of.left, bytes.length - at);
    of.entry?.write(bytes.subarray(at, next));
    of.left -= next - at;
    const isStuck = of.left > 0;
    if (!isStuck) finish(of);
    return { next, isStuck };
  }

  function searchedContent(of: Content, bytes: Buffer, at: number): Step {
    const found = findContentEnd(bytes, { at, passed: of.passed });
    // The descriptor may lie across two pieces.
    const end = found ? found.end : Math.max(at, bytes.length - MAX_DESCRIPTOR_BYTES - MARK_BYTES);
    of.entry?.write(bytes.subarray(at, end));
    of.passed += end - at;
    if (found) finish(of);
    return { next: found ? found.next : end, isStuck: !found };
  }

  function finish(of: Content): void {
    content = undefined;
    of.entry?.end();
  }

  return {
    write(piece) {
      const view = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
      const bytes = pending.length > 0 ? Buffer.concat([pending, view]) : view;
      let at = 0;
      for (let isStuck = false; !isStuck && !isOverfull && !directory.isOverfull();)
        ({ next: at, isStuck } = step(bytes, at));
      pending = Buffer.from(bytes.subarray(at));
      position += at;
      return !isOverfull && !directory.isOverfull();
    },
    end() {
      content?.entry?.end(new CodecError('a zip entry that is cut'));
      return directory.end(met);
    },
  };
}

function markedBytes(bytes: Buffer, at: number, kind: string): number | undefined {
  const left = bytes.length - at;
  if (kind === 'local') return left < LOCAL_BYTES ? undefined : localHeaderBytes(bytes, at);
  if (kind === 'directory') return left < DIRECTORY_ENTRY_BYTES ? undefined : directoryEntryBytes(bytes, at);
  return kind === 'end64' ? END64_BYTES : END_BYTES;
}

/** Inflates the content of an entry on its way to the sink. */
function unpacking(header: LocalHeader, sink: ZipContentSink): NonNullable<Content['entry']> {
  let problem = attempt(() => checkReadable(header));
  let isWanted = problem === undefined;
  const inflater = header.method === DEFLATED && isWanted ? openInflater() : undefined;
  return {
    write(compressed) {
      if (!isWanted || compressed.length === 0) return;
      problem = attempt(() => {
        isWanted = inflater
          ? inflater.write(compressed, (piece) => sink.write(piece))
          : sink.write(compressed);
      });
      if (problem) isWanted = false;
      if (!isWanted) inflater?.close();
    },
    end(cut) {
      inflater?.close();
      sink.end(problem ?? cut);
    },
  };
}

function attempt(task: () => void): CodecError | undefined {
  try {
    task();
    return undefined;
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}
