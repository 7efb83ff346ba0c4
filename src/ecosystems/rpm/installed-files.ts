import { RPM_TAG, type RpmHeader } from '../../codec/rpm-header.ts';

/** Which files packages have brought. */
export interface InstalledFiles {
  /** Takes a copy of what the header says of files. Beyond a bound, it is left out. */
  add(header: RpmHeader): void;
  /** Paths without a leading slash. Put together now and not before, since mostly nobody asks. */
  all(): Iterable<string>;
  isComplete(): boolean;
}

/** A machine with everything installed has a million files, of 30 bytes each. */
const MAX_HELD_BYTES = 32 << 20;

/** A name for each file, and for each the place of its directory in the list of those. */
interface PackageFiles {
  readonly names: Buffer;
  readonly directories: Buffer;
  readonly places: Buffer;
  readonly count: number;
  readonly directoryCount: number;
}

export function openInstalledFiles(): InstalledFiles {
  const held: PackageFiles[] = [];
  let heldBytes = 0;
  let isComplete = true;
  return {
    add(header) {
      const names = header.stored(RPM_TAG.baseNames);
      const directories = header.stored(RPM_TAG.dirNames);
      const places = header.stored(RPM_TAG.dirIndexes);
      if (!names || !directories || !places) return;
      const sizeBytes = names.bytes.length + directories.bytes.length + places.bytes.length;
      if (heldBytes + sizeBytes > MAX_HELD_BYTES) {
        isComplete = false;
        return;
      }
      heldBytes += sizeBytes;
      held.push({
        names: Buffer.from(names.bytes),
        directories: Buffer.from(directories.bytes),
        places: Buffer.from(places.bytes),
        count: names.count,
        directoryCount: directories.count,
      });
    },
    *all() {
      for (const files of held) yield* pathsOf(files);
    },
    isComplete: () => isComplete,
  };
}

/** Where a system with a merged `/usr` has what packages still say lies at the root. */
const MERGED = /^(?:bin|sbin|lib|lib64)\//;

function* pathsOf({ names, directories, places, count, directoryCount }: PackageFiles): Generator<string> {
  const directoryNames = directories.toString().split('\0', directoryCount);
  const baseNames = names.toString().split('\0', count);
  for (let i = 0; i < baseNames.length && 4 * i + 4 <= places.length; i++) {
    const directory = directoryNames[places.readUInt32BE(4 * i)];
    if (directory === undefined) continue;
    const path = `${directory}${baseNames[i]}`.replace(/^\//, '');
    yield path;
    if (MERGED.test(path)) yield `usr/${path}`;
  }
}
