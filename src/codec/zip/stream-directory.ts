import { MAX_ENTRIES } from './directory.ts';
import { parseDirectoryEntry, readUInt64, type LocalHeader } from './entry.ts';

/** What the directory at the end says of what has passed. */
export interface ZipStreamEnd {
  /** False when the archive had no directory: it is cut, or none. */
  readonly hasDirectory: boolean;
  /** Whether the directory names the entry that began at a position; others are leftovers, which nobody sees. */
  isListed(header: LocalHeader, position: number): boolean;
  /** Names of wanted entries of the directory that were not met. */
  readonly unseen: readonly string[];
}

/** The directory of an archive that passes by. */
export interface StreamDirectory {
  /** @param position of the whole part that begins at `at` in `bytes` */
  take(kind: 'directory' | 'end64' | 'end', bytes: Buffer, at: number, position: number): void;
  /** Entries follow: if there was a directory, it was that of an archive before this one. */
  leave(): void;
  isOverfull(): boolean;
  /** @param met names of wanted entries by their positions */
  end(met: ReadonlyMap<number, string>): ZipStreamEnd;
}

const IN_ZIP64 = 0xffff_ffff;
const MAX_UNSEEN = 100;

export function openStreamDirectory(wanted: (name: string) => boolean): StreamDirectory {
  const listed = new Map<number, string>();
  let count = 0;
  let start: number | undefined;
  let statedStart: number | undefined;
  let isLeft = true;

  function begin(position: number): void {
    listed.clear();
    count = 0;
    start = position;
    statedStart = undefined;
    isLeft = false;
  }

  return {
    take(kind, bytes, at, position) {
      if (kind === 'directory') {
        if (isLeft) begin(position);
        count++;
        const { name, localOffset } = parseDirectoryEntry(bytes, at);
        if (wanted(name)) listed.set(localOffset, name);
      } else if (kind === 'end64') statedStart = readUInt64(bytes, at + 48);
      else if (bytes.readUInt32LE(at + 16) !== IN_ZIP64) statedStart ??= bytes.readUInt32LE(at + 16);
    },
    leave() {
      isLeft = true;
    },
    isOverfull: () => count > MAX_ENTRIES,
    end(met) {
      // What was prepended, offsets do not count.
      const shift = start === undefined || statedStart === undefined ? 0 : start - statedStart;
      const unseen = [...listed].filter(([offset, name]) => met.get(offset + shift) !== name);
      return {
        hasDirectory: start !== undefined,
        isListed: ({ name }, position) => listed.get(position - shift) === name,
        unseen: unseen.slice(0, MAX_UNSEEN).map(([, name]) => name),
      };
    },
  };
}
